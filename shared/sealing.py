"""Credentials that Cairn must be able to use again (signing secrets, tokens) are stored encrypted."""

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken


class Seal:
    """Authenticated encryption (Fernet: AES-128-CBC with HMAC-SHA-256) under a key derived from a setting."""

    def __init__(self, secret: str) -> None:
        self._fernet = Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"cairn.seal\0" + secret.encode()).digest()))
        self._signing = hashlib.sha256(b"cairn.sign\0" + secret.encode()).digest()

    def close(self, text: str) -> str:
        """The text, encrypted."""
        return self._fernet.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """The text again. ValueError when it was sealed under another key."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise ValueError("sealed under another key: is CAIRN_SEALING_KEY the one it was stored with?") from None

    def sign(self, text: str) -> str:
        """HMAC-SHA-256 of a text, in hex: whoever has the setting can tell that it was written here."""
        return hmac.digest(self._signing, text.encode(), "sha256").hex()

    def signed(self, text: str, signature: str) -> bool:
        """Whether the signature is this text's."""
        return hmac.compare_digest(self.sign(text).encode(), signature.encode(errors="replace"))
