"""What can go wrong with people and their keys."""

from visiona.lib.errors import Conflict, NotAuthenticated, RateLimited


class WrongCredentials(NotAuthenticated):
    default_detail = "This e-mail address and password do not belong together."


class TooManyAttempts(RateLimited):
    default_detail = "Too many attempts to sign in. Wait five minutes, then try again."


class EmailTaken(Conflict):
    default_detail = "There is an account with this e-mail address. Sign in, or reset the password."


class DoorClosed(Conflict):
    default_detail = (
        "People sign in with Clerk here. Do that, and send its session token as a bearer."
    )


class AddressUnproven(Conflict):
    default_detail = (
        "There is an account with this e-mail address, and Clerk has not verified that it is yours."
        " Verify the address with Clerk, then sign in again."
    )


class AddressTaken(Conflict):
    default_detail = (
        "Another sign-in of Clerk has the account with this e-mail address. Sign in by that one."
    )


class AccountClosed(NotAuthenticated):
    default_detail = "This account is closed."
