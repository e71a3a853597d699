"""Addresses of notices."""

from django.urls import path

from dingke.notices.views import inbox, preferences, webhooks

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
    path("webhooks/", webhooks.listing, name="webhooks"),
    path("webhooks/new/", webhooks.add, name="webhook_add"),
    path("webhooks/<int:webhook_id>/", webhooks.detail, name="webhook"),
    path("webhooks/<int:webhook_id>/edit/", webhooks.edit, name="webhook_edit"),
    path("webhooks/<int:webhook_id>/key/", webhooks.change_key, name="webhook_key"),
    path("webhooks/<int:webhook_id>/test/", webhooks.test, name="webhook_test"),
    path("webhooks/<int:webhook_id>/switch/", webhooks.switch, name="webhook_switch"),
    path("webhooks/<int:webhook_id>/remove/", webhooks.remove, name="webhook_remove"),
    path("webhooks/<int:webhook_id>/since/", webhooks.again_since, name="webhook_since"),
    path("webhooks/messages/<int:message_id>/again/", webhooks.again, name="webhook_again"),
    path("off/<str:token>/", preferences.off, name="off"),
]
