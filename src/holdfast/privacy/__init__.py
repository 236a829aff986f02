"""Erasing and exporting what is stored about a person or an account, and letting raw events expire."""

from holdfast.privacy.certificate import Certificate
from holdfast.privacy.erase import erase, erase_again, unfinished
from holdfast.privacy.expire import Expiry, expire
from holdfast.privacy.export import export
from holdfast.privacy.subject import Subject, find_subject

__all__ = [
    "Certificate",
    "Expiry",
    "Subject",
    "erase",
    "erase_again",
    "expire",
    "export",
    "find_subject",
    "unfinished",
]
