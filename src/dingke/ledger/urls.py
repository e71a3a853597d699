"""Addresses of the ledger."""

from django.urls import path

from dingke.ledger.views import account, exports, facts, orders, products, receivables

app_name = "ledger"
urlpatterns = [
    path("account/<int:account_id>/", account.account, name="account"),
    path("account/<int:account_id>/trend/", account.trend, name="account_trend"),
    path("account/<int:account_id>/orders/", account.more_orders, name="account_orders"),
    path("account/<int:account_id>/orders/new/", orders.new_order, name="new_order"),
    path("account/<int:account_id>/receivables/new/", receivables.new_receivable, name="new_receivable"),
    path("account/<int:account_id>/payments/new/", receivables.new_payment, name="new_payment"),
    path("account/<int:account_id>/incentives/new/", facts.new_incentive, name="new_incentive"),
    path("account/<int:account_id>/findings/new/", facts.new_finding, name="new_finding"),
    path("orders/", orders.orders, name="orders"),
    path("orders/<int:order_id>/", orders.order, name="order"),
    path("orders/<int:order_id>/edit/", orders.edit_order, name="edit_order"),
    path("orders/<int:order_id>/cancel/", orders.cancel_order, name="cancel_order"),
    path("orders/<int:order_id>/return/", orders.return_order, name="return_order"),
    path("orders/<int:order_id>/reopen/", orders.reopen_order, name="reopen_order"),
    path("receivables/", receivables.receivables, name="receivables"),
    path("receivables/<int:receivable_id>/", receivables.receivable, name="receivable"),
    path("receivables/<int:receivable_id>/edit/", receivables.edit_receivable, name="edit_receivable"),
    path("receivables/<int:receivable_id>/pay/", receivables.pay, name="pay"),
    path("receivables/<int:receivable_id>/dispute/", receivables.dispute, name="dispute"),
    path("receivables/<int:receivable_id>/settle/", receivables.settle, name="settle"),
    path("receivables/<int:receivable_id>/void/", receivables.void_receivable, name="void_receivable"),
    path("receivables/<int:receivable_id>/restore/", receivables.restore_receivable, name="restore_receivable"),
    path("payments/<int:payment_id>/use/", receivables.use_advance, name="use_advance"),
    path("payments/<int:payment_id>/undo/", receivables.undo_payment, name="undo_payment"),
    path("payments/<int:payment_id>/redo/", receivables.redo_payment, name="redo_payment"),
    path("incentives/<int:incentive_id>/edit/", facts.edit_incentive, name="edit_incentive"),
    path("incentives/<int:incentive_id>/archive/", facts.archive_incentive, name="archive_incentive"),
    path("incentives/<int:incentive_id>/restore/", facts.restore_incentive, name="restore_incentive"),
    path("findings/<int:finding_id>/edit/", facts.edit_finding, name="edit_finding"),
    path("findings/<int:finding_id>/archive/", facts.archive_finding, name="archive_finding"),
    path("findings/<int:finding_id>/restore/", facts.restore_finding, name="restore_finding"),
    path("export/<slug:what>/", exports.export, name="export"),
    path("exports/<int:job_id>/file/", exports.export_file, name="export_file"),
    path("products/", products.products, name="products"),
    path("products/new/", products.new_product, name="new_product"),
    path("products/<int:product_id>/edit/", products.edit_product, name="edit_product"),
    path("products/<int:product_id>/high-profit/", products.high_profit, name="high_profit"),
    path("products/<int:product_id>/archive/", products.archive_product, name="archive_product"),
    path("products/<int:product_id>/restore/", products.restore_product, name="restore_product"),
]
