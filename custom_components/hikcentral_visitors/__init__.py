"""HikCentral Visitors: visitor access on HikCentral Professional."""
