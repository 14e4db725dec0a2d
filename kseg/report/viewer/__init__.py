"""The volume viewer: NiiVue, bundled, and what opens it in a page."""

__all__ = ()
