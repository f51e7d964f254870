"""Records, profiles, jobs, store and runner. No torch here."""
