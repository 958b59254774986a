"""The visit book: what people and automations ask, made durable."""

from .book import VisitBook
from .requests import Forgotten, GrantRequest, Receipt, UpdateRequest

__all__ = ["Forgotten", "GrantRequest", "Receipt", "UpdateRequest", "VisitBook"]
