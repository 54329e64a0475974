"""An oracle decides whether a promise was broken."""
