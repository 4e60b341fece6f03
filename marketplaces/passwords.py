"""What a password must be beyond Django's own rules."""

from django.contrib.auth import password_validation


class MinimumLengthValidator(password_validation.MinimumLengthValidator):
    """Asks for longer passwords of those who can enter the admin."""

    def __init__(self, min_length=12, staff_min_length=15):
        super().__init__(min_length)
        self.for_staff = password_validation.MinimumLengthValidator(staff_min_length)

    def validate(self, password, user=None):
        """Raise ValidationError when the password is too short for `user`."""
        if user is not None and user.is_staff:
            self.for_staff.validate(password, user)
        else:
            super().validate(password, user)

    def length_for(self, user):
        """Return the number of characters that the password of `user` needs."""
        return (self.for_staff if user.is_staff else self).min_length


def required_length(user):
    """Return the number of characters that a new password of `user` needs."""
    validators = password_validation.get_default_password_validators()
    return max(
        validator.length_for(user)
        for validator in validators
        if isinstance(validator, MinimumLengthValidator)
    )
