"""Mirror: a team's own copy of what it approved, from which training alone may read.

A mirror is a store of objects by name (`bezoar.core.mirror`), in a folder, in S3, in an OCI
registry, on a web server that takes PUT, or in Google Cloud Storage. Files lie in it under the
SHA-256 of their content, so that a version brings only what is new in it, and so that whoever
reads can tell each wrong byte. Nothing in a mirror is trusted.

`open_mirror` opens one; `publish` puts an approved version in, its index last.
"""

from bezoar.fortify.mirror.opening import open_mirror
from bezoar.fortify.mirror.publishing import Published, publish
from bezoar.fortify.mirror.receipt import Receipt

__all__ = ["Published", "Receipt", "open_mirror", "publish"]
