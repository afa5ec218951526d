"""Gatepost as pip installs it: for sends without privilege, by a configuration of the caller's own."""
