"""Values for property tests."""

from hypothesis import strategies as st

# Keys that mean something make it likelier to get past the first look.
_WORDS = """
code msg data list total pageNo pageSize id personId personCode personPhoto picUri
cards cardNo beginTime endTime privilegeGroupId ElementList Element ID BaseInfo Name
ElementDetailList ElementDetail ElementStatus elementStatus type status
CertificateStatusList CertificateStatus doorIndexCode doorState acsDevIndexCode
readerIndexCode eventId eventType eventTime happenTime deviceTime srcIndex params
events sendTime isHistory method detail eventTypes eventDest controlResultCode
softVersion orgIndexCode
"""
KEYS = st.sampled_from(_WORDS.split())
_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(
        ("0", "1", "128", "196893", "2026-01-15T08:30:00+04:00", "2026-01-15 08:30:00")
    )
)
JSON = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(KEYS | st.text(max_size=4), inner, max_size=6)
    ),
    max_leaves=20,
)
