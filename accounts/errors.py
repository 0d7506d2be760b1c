"""What can go wrong with people and their keys."""

from visiona.lib.errors import Conflict, NotAuthenticated, RateLimited


class WrongCredentials(NotAuthenticated):
    default_detail = "This e-mail address and password do not belong together."


class TooManyAttempts(RateLimited):
    default_detail = "Too many attempts to sign in. Wait five minutes, then try again."


class EmailTaken(Conflict):
    default_detail = "There is an account with this e-mail address. Sign in, or reset the password."
