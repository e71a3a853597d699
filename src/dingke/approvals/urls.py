"""Addresses of approvals."""

from django.urls import path

from dingke.approvals.views import delegations, flows, inbox, request

app_name = "approvals"
urlpatterns = [
    path("", inbox.requests, name="list"),
    path("count/", inbox.count, name="count"),
    path("agree/", inbox.agree_to_several, name="agree_to_several"),
    path("<int:approval_id>/", request.detail, name="detail"),
    path("<int:approval_id>/decide/", request.decide, name="decide"),
    path("<int:approval_id>/withdraw/", request.withdraw, name="withdraw"),
    path("<int:approval_id>/again/", request.resubmit, name="resubmit"),
    path("<int:approval_id>/comment/", request.comment, name="comment"),
    path("<int:approval_id>/remind/", request.remind, name="remind"),
    path("<int:approval_id>/add/", request.add_approver, name="add_approver"),
    path("<int:approval_id>/hand-on/", request.hand_on, name="hand_on"),
    path("<int:approval_id>/copy/", request.copy_to, name="copy"),
    path("history/<int:account_id>/", request.history, name="history"),
    path("delegations/", delegations.delegations, name="delegations"),
    path("delegations/<int:delegation_id>/end/", delegations.end_delegation, name="end_delegation"),
    path("flows/", flows.flows, name="flows"),
    path("flows/<str:flow_kind>/", flows.flow, name="flow"),
    path("flows/<str:flow_kind>/steps/<int:place>/", flows.edit_step, name="edit_step"),
    path("flows/<str:flow_kind>/steps/<int:place>/remove/", flows.remove_step, name="remove_step"),
    path("flows/<str:flow_kind>/order/", flows.order_steps, name="order_steps"),
    path("flows/<str:flow_kind>/settings/", flows.set_flow, name="set_flow"),
    path("flows/<str:flow_kind>/try/", flows.try_out, name="try_out"),
    path("flows/<str:flow_kind>/publish/", flows.publish, name="publish_flow"),
    path("flows/<str:flow_kind>/discard/", flows.discard, name="discard_flow"),
]
