"""Addresses of the customer base. Each screen adds its own lines."""

from django.urls import path

from dingke.accounts.views import bulk as bulk_views
from dingke.accounts.views import list as list_views
from dingke.accounts.views import nomination as nomination_views
from dingke.accounts.views import tags as tag_views

app_name = "accounts"
urlpatterns = [
    # the list
    path("", list_views.accounts, name="list"),
    path("filters/", list_views.list_filter_form, name="list_filter"),
    path("columns/", list_views.list_column_form, name="list_columns"),
    path("views/save/", list_views.view_save, name="view_save"),
    path("views/<int:view_id>/", list_views.view_edit, name="view_edit"),
    path("<int:account_id>/quick/", list_views.quick_view, name="quick"),
    path("<int:account_id>/favourite/", list_views.quick_favourite, name="favourite"),
    path("bulk/", bulk_views.bulk_form, name="bulk_form"),
    path("bulk/do/", bulk_views.bulk_change, name="bulk_change"),
    path("bulk/<int:job_id>/", bulk_views.bulk_outcome, name="bulk_outcome"),
    path("export/", bulk_views.export, name="export"),
    path("export/<int:job_id>/file/", bulk_views.export_file, name="export_file"),
    path("tags/", tag_views.tags, name="tags"),
    path("tags/<int:tag_id>/", tag_views.edit_tag, name="edit_tag"),
    # the key-account mark
    path("<int:account_id>/nominate/", nomination_views.nominate, name="nominate"),
    path("<int:account_id>/nominate/preview/", nomination_views.nominate_preview, name="nominate_preview"),
    path("<int:account_id>/nominate/discard/", nomination_views.discard_nomination, name="discard_nomination"),
    path("<int:account_id>/key/", nomination_views.key_account_history, name="key_account_history"),
    path("<int:account_id>/key/end/", nomination_views.end_key_account, name="end_key_account"),
    path("nominations/<int:nomination_id>/", nomination_views.nomination_page, name="nomination"),
    path("nominations/<int:nomination_id>/withdraw/", nomination_views.withdraw_nomination, name="withdraw_nomination"),
    path("profiles/", nomination_views.compare_profiles, name="compare_profiles"),
    path("key-accounts/help/", nomination_views.key_account_help, name="key_account_help"),
]
