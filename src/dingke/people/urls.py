from django.urls import path

from dingke.people import views
from dingke.people.views import directory, me, teams, territories

app_name = "people"
urlpatterns = [
    path("language/", views.language, name="language"),
    path("preferences/", views.preferences, name="preferences"),
    path("me/", me.me, name="me"),
    path("rights/", me.rights, name="rights"),
    path("", directory.people, name="list"),
    path("new/", directory.add_person, name="add"),
    path("new/username/", directory.propose_username, name="propose_username"),
    path("<int:user_id>/", directory.person, name="person"),
    path("<int:user_id>/edit/", directory.edit_person, name="edit"),
    path("<int:user_id>/deactivate/", directory.deactivate, name="deactivate"),
    path("<int:user_id>/reactivate/", directory.reactivate, name="reactivate"),
    path("<int:user_id>/reset-mail/", directory.reset_mail, name="reset_mail"),
    path("<int:user_id>/password/", directory.password, name="password"),
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
