"""Reads of the pages over several domains, one function per page."""
