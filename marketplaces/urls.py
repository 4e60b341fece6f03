"""Addresses of people: signing in and out, passwords, the own screen."""

from django.urls import path

from .views import keyboard, passwords, profile, second_factor, sign_in

urlpatterns = [
    # /anmelden/, /abmelden/
    path("anmelden/", sign_in.SignIn.as_view(), name="sign_in"),
    path("abmelden/", sign_in.SignOut.as_view(), name="sign_out"),
    path("abmelden/ueberall/", sign_in.sign_out_everywhere, name="sign_out_everywhere"),
    path("admin/login/", sign_in.admin_sign_in),
    # /anmelden/code/, /zweiter-faktor/: where the admin asks for a code
    path("anmelden/code/", second_factor.give_code, name="second_factor_code"),
    path("anmelden/code/einrichten/", second_factor.set_up, name="second_factor_setup"),
    path("zweiter-faktor/", second_factor.own, name="second_factor"),
    # /passwort/
    path("passwort/", passwords.ChangePassword.as_view(), name="password_change"),
    path("passwort/vergessen/", passwords.ForgotPassword.as_view(), name="password_reset"),
    path(
        "passwort/vergessen/gesendet/",
        passwords.ForgotPasswordSent.as_view(),
        name="password_reset_done",
    ),
    path(
        "passwort/neu/<uidb64>/<token>/",
        passwords.NewPassword.as_view(),
        name="password_reset_confirm",
    ),
    path(
        "passwort/neu/fertig/",
        passwords.NewPasswordDone.as_view(),
        name="password_reset_complete",
    ),
    # /erinnerungen/, /einstellungen/morgenmail/, /abbestellen/: mails
    path("erinnerungen/", profile.reminders, name="reminders"),
    path("einstellungen/morgenmail/", profile.morning_mail, name="morning_mail"),
    path("abbestellen/<token>/", profile.mail_off, name="mail_off"),
    # /tastatur/, /sprache/, /darstellung/
    path("tastatur/", keyboard.shortcuts, name="shortcuts"),
    path("sprache/", profile.choose_language, name="set_language"),
    path("darstellung/", profile.choose_theme, name="appearance"),
]
