from django.urls import path

from dingke.workspace.views import account as account_views
from dingke.workspace.views import search as search_views
from dingke.workspace.views import today as today_views

app_name = "workspace"
urlpatterns = [
    path("", today_views.today, name="today"),
    path("account/<int:account_id>/", account_views.account, name="account"),
    path("account/<int:account_id>/overview/", account_views.account_overview, name="account_overview"),
    path("account/<int:account_id>/next/", account_views.account_next, name="account_next"),
    path("account/<int:account_id>/group/", account_views.account_group, name="account_group"),
    path("search/", search_views.search, name="search"),
]
