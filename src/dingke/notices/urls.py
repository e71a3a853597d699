"""Addresses of notices."""

from django.urls import path

from dingke.notices.views import inbox, preferences

app_name = "notices"
urlpatterns = [
    path("", inbox.inbox, name="list"),
    path("bell/", inbox.bell, name="bell"),
    path("read-all/", inbox.read_all, name="read_all"),
    path("<int:notice_id>/", inbox.open_notice, name="open"),
    path("<int:notice_id>/read/", inbox.read, name="read"),
    path("<int:notice_id>/unread/", inbox.unread, name="unread"),
    path("<int:notice_id>/archive/", inbox.archive, name="archive"),
    path("<int:notice_id>/unarchive/", inbox.unarchive, name="unarchive"),
    path("<int:notice_id>/turn-off/", inbox.turn_off, name="turn_off"),
    path("<int:notice_id>/turn-on/", inbox.turn_on, name="turn_on"),
    path("preferences/", preferences.preferences, name="preferences"),
    path("preferences/rhythm/", preferences.rhythm, name="rhythm"),
    path("company/", preferences.company, name="company"),
    path("bots/new/", preferences.add_bot, name="bot_add"),
    path("bots/<int:bot_id>/", preferences.edit_bot, name="bot_edit"),
    path("bots/<int:bot_id>/test/", preferences.test_bot, name="bot_test"),
    path("bots/<int:bot_id>/remove/", preferences.remove_bot, name="bot_remove"),
    path("deliveries/<int:delivery_id>/again/", preferences.send_again, name="send_again"),
    path("off/<str:token>/", preferences.off, name="off"),
]
