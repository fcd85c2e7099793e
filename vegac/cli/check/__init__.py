"""The parts of `vegac check`: outcomes, where they are kept, and how many programs get theirs."""
