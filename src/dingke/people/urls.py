from django.urls import path

from dingke.people import views
from dingke.people.views import audit, directory, from_directory, identities, invitations, me, saml, security, teams, territories, tokens

app_name = "people"
urlpatterns = [
    path("language/", views.language, name="language"),
    path("preferences/", views.preferences, name="preferences"),
    path("me/", me.me, name="me"),
    path("me/security/", security.security, name="security"),
    path("me/security/sessions/<int:session_id>/end/", security.end_session, name="session_end"),
    path("me/security/sessions/end-others/", security.end_other_sessions, name="sessions_end_others"),
    path("me/security/identities/<slug:provider>/connect/", identities.connect, name="identity_connect"),
    path("me/security/identities/<int:identity_id>/disconnect/", identities.disconnect, name="identity_disconnect"),
    path("me/tokens/", tokens.my_tokens, name="tokens"),
    path("me/tokens/new/", tokens.new_token, name="token_new"),
    path("me/tokens/<int:token_id>/revoke/", tokens.revoke_token, name="token_revoke"),
    path("tokens/", tokens.every_token, name="every_token"),
    path("sign-in-rules/", security.sign_in_rules, name="sign_in_rules"),
    path("<int:user_id>/sign-in/", security.person_sign_in, name="person_sign_in"),
    path("<int:user_id>/second-factor/reset/", security.reset_second_factor, name="second_factor_reset"),
    path("<int:user_id>/sessions/end/", security.end_sessions_of, name="sessions_end"),
    path("rights/", me.rights, name="rights"),
    path("sign-ins/", audit.sign_ins, name="sign_ins"),
    path("", directory.people, name="list"),
    path("new/", directory.add_person, name="add"),
    path("new/username/", directory.propose_username, name="propose_username"),
    path("<int:user_id>/", directory.person, name="person"),
    path("<int:user_id>/edit/", directory.edit_person, name="edit"),
    path("<int:user_id>/deactivate/", directory.deactivate, name="deactivate"),
    path("<int:user_id>/reactivate/", directory.reactivate, name="reactivate"),
    path("<int:user_id>/reset-mail/", directory.reset_mail, name="reset_mail"),
    path("<int:user_id>/password/", directory.password, name="password"),
    path("directory/", from_directory.from_directory, name="from_directory"),
    path("directory/preview/", from_directory.preview, name="directory_preview"),
    path("directory/sync/", from_directory.sync, name="directory_sync"),
    path("invitations/", invitations.invitations, name="invitations"),
    path("invitations/new/", invitations.invite, name="invite"),
    path("invitations/<int:invitation_id>/again/", invitations.send_again, name="invitation_again"),
    path("invitations/<int:invitation_id>/withdraw/", invitations.withdraw, name="invitation_withdraw"),
    path("invited/<str:token>/", invitations.invited, name="invited"),
    path("teams/", teams.teams, name="teams"),
    path("teams/new/", teams.add_team, name="team_add"),
    path("teams/<int:team_id>/edit/", teams.edit_team, name="team_edit"),
    path("teams/<int:team_id>/move/", teams.move_team, name="team_move"),
    path("teams/<int:team_id>/members/", teams.move_members, name="team_members"),
    path("teams/<int:team_id>/archive/", teams.archive_team, name="team_archive"),
    path("teams/<int:team_id>/restore/", teams.restore_team, name="team_restore"),
    path("territories/", territories.territories, name="territories"),
    path("territories/new/", territories.add_territory, name="territory_add"),
    path("territories/<int:territory_id>/edit/", territories.edit_territory, name="territory_edit"),
    path("territories/<int:territory_id>/archive/", territories.archive_territory, name="territory_archive"),
    path("territories/<int:territory_id>/restore/", territories.restore_territory, name="territory_restore"),
]

# under /sign-in/saml/
saml_patterns = [
    path("login/", saml.login, name="login"),
    path("acs/", saml.answer, name="answer"),
    path("acs/finish/", saml.finish, name="finish"),
    path("metadata/", saml.metadata, name="metadata"),
]
