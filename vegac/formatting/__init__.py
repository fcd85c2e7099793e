"""Layout of program files: spaces, blank lines and the spelling of holes, never their meaning."""
