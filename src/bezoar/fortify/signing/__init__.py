"""Sign-off: who vouches for which bytes, and how everybody else checks it.

    approval = check_approval(project, entry)   # or NotApprovedError, with why and what to type

Keys are Ed25519. Whose signatures count stands in a chain of keyrings in `dbom/keys/`, which
leads to a key that each person pins outside the repository. Nothing here needs a network. The
libraries that sign are imported when something is signed or verified.
"""

from bezoar.fortify.signing.approval import Approval, check_approval
from bezoar.fortify.signing.refusing import NotApprovedError, RevokedError

__all__ = ["Approval", "NotApprovedError", "RevokedError", "check_approval"]
