"""Who somebody is: passwords and codes of local users, and the sessions they sign in to."""
