from django.urls import path

from dingke.stakeholders.views import map as maps
from dingke.stakeholders.views import parts, people

app_name = "stakeholders"
urlpatterns = [
    path("rules/", maps.map_rules, name="rules"),
    path("account/<int:account_id>/", maps.account_panel, name="account"),
    path("account/<int:account_id>/open/", maps.open_map, name="open"),
    path("account/<int:account_id>/needs/new/", parts.log_need, name="need_new"),
    path("need/<int:need_entry_id>/", parts.edit_need, name="need_edit"),
    path("need/<int:need_entry_id>/remove/", parts.remove_need, name="need_remove"),
    path("need/<int:need_entry_id>/restore/", parts.restore_need, name="need_restore"),
    path("person/<int:stakeholder_id>/", people.person, name="person"),
    path("person/<int:stakeholder_id>/edit/", people.edit, name="edit"),
    path("person/<int:stakeholder_id>/attitude/", people.stance, name="attitude"),
    path("person/<int:stakeholder_id>/key/", people.key_person, name="key"),
    path("person/<int:stakeholder_id>/team/", people.team_note, name="team_note"),
    path("person/<int:stakeholder_id>/remove/", people.remove, name="remove"),
    path("person/<int:stakeholder_id>/restore/", people.restore, name="restore"),
    path("person/<int:stakeholder_id>/place/", people.place, name="place"),
    path("line/<int:tie_id>/remove/", parts.remove_line, name="line_remove"),
    path("step/<int:chain_step_id>/", parts.edit_step, name="step_edit"),
    path("step/<int:chain_step_id>/remove/", parts.remove_step, name="step_remove"),
    path("step/<int:chain_step_id>/restore/", parts.restore_step, name="step_restore"),
    path("<int:centre_id>/", maps.map_page, name="map"),
    path("<int:centre_id>/map.svg", maps.picture, name="picture"),
    path("<int:centre_id>/edit/", maps.edit, name="map_edit"),
    path("<int:centre_id>/add/", people.add, name="add"),
    path("<int:centre_id>/add-known/", people.add_known, name="add_known"),
    path("<int:centre_id>/lay-out/", maps.lay_out, name="lay_out"),
    path("<int:centre_id>/line/", parts.line, name="line"),
    path("<int:centre_id>/chain/", parts.load_chain, name="chain"),
    path("<int:centre_id>/step/", parts.add_step, name="step_new"),
    path("<int:centre_id>/factors/", parts.factors, name="factors"),
    path("<int:centre_id>/influences/", parts.influences, name="influences"),
]
