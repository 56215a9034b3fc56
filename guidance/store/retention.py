"""Which rows of guidance's history go, in the caller's transaction; each returns how many went."""

from datetime import datetime

from parking.plumbing.database import Connection

DROP_FRAMES = """
DELETE FROM sign_frames AS f WHERE expires_at < %s
   AND frame_no < (SELECT max(n.frame_no) FROM sign_frames AS n WHERE n.sign_id = f.sign_id)"""
DROP_AUDIT = "DELETE FROM audit_log WHERE at < %s"


def drop_frames(connection: Connection, before: datetime) -> int:
    """Delete frames that no sign shows any more, but for the newest of each."""
    return connection.execute(DROP_FRAMES, (before,)).rowcount


def drop_audit(connection: Connection, before: datetime) -> int:
    """Delete old entries of the audit log."""
    return connection.execute(DROP_AUDIT, (before,)).rowcount
