"""Addresses of the customer base. Each screen adds its own lines."""

from django.urls import path

from dingke.accounts.views import bulk as bulk_views
from dingke.accounts.views import contacts as contact_views
from dingke.accounts.views import dates as date_views
from dingke.accounts.views import dossier as dossier_views
from dingke.accounts.views import duplicates as duplicate_views
from dingke.accounts.views import form as account_form_views
from dingke.accounts.views import handover as handover_views
from dingke.accounts.views import holding as holding_views
from dingke.accounts.views import invoices as invoice_views
from dingke.accounts.views import list as list_views
from dingke.accounts.views import marks as mark_views
from dingke.accounts.views import merge as merge_views
from dingke.accounts.views import nomination as nomination_views
from dingke.accounts.views import pool as pool_views
from dingke.accounts.views import pool_requests as pool_request_views
from dingke.accounts.views import privacy as privacy_views
from dingke.accounts.views import stages as stage_views
from dingke.accounts.views import tags as tag_views
from dingke.accounts.views import territories as territory_views
from dingke.accounts.views import why as why_views
from dingke.accounts.views import work as work_views

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
    # one account: the form, its people, entries, to-dos, days, invoicing, who holds it
    path("new/", account_form_views.new, name="new"),
    path("<int:account_id>/edit/", account_form_views.edit, name="edit"),
    path("parents/", account_form_views.parents, name="parents"),
    path("credit-code/", account_form_views.credit_code, name="credit_code"),
    path("<int:account_id>/contacts/", contact_views.panel, name="contacts"),
    path("<int:account_id>/contacts/new/", contact_views.new, name="contact_new"),
    path("contacts/<int:contact_id>/edit/", contact_views.edit, name="contact_edit"),
    path("contacts/<int:contact_id>/main/", contact_views.make_main, name="contact_main"),
    path("contacts/<int:contact_id>/left/", contact_views.left, name="contact_left"),
    path("contacts/<int:contact_id>/archive/", contact_views.archive, name="contact_archive"),
    path("contacts/<int:contact_id>/restore/", contact_views.restore, name="contact_restore"),
    path("contacts/<int:contact_id>/consent/", contact_views.consent, name="contact_consent"),
    path("contacts/<int:contact_id>/consent/withdraw/", privacy_views.withdraw_consent, name="consent_withdraw"),
    # what is held of a person, erasure
    path("contacts/<int:contact_id>/held/", privacy_views.held, name="held"),
    path("contacts/<int:contact_id>/held/file/", privacy_views.held_file, name="held_file"),
    path("contacts/<int:contact_id>/erase/", privacy_views.erase, name="contact_erase"),
    path("contacts/<int:contact_id>/hold/", privacy_views.hold, name="contact_hold"),
    path("privacy/", privacy_views.erasures, name="erasures"),
    path("privacy/again/", privacy_views.erase_again, name="erase_again"),
    path("privacy/proposed/", privacy_views.decide_proposed, name="decide_proposed"),
    path("privacy/rules/", privacy_views.privacy_rules, name="privacy_rules"),
    path("<int:account_id>/timeline/", work_views.timeline, name="timeline"),
    path("<int:account_id>/notes/new/", work_views.note_new, name="note_new"),
    path("notes/<int:note_id>/edit/", work_views.note_edit, name="note_edit"),
    path("notes/<int:note_id>/archive/", work_views.note_archive, name="note_archive"),
    path("notes/<int:note_id>/restore/", work_views.note_restore, name="note_restore"),
    path("<int:account_id>/todos/new/", work_views.todo_new, name="todo_new"),
    path("todos/<int:todo_id>/edit/", work_views.todo_edit, name="todo_edit"),
    path("todos/<int:todo_id>/done/", work_views.todo_done, name="todo_done"),
    path("todos/<int:todo_id>/undo/", work_views.todo_undo, name="todo_undo"),
    path("todos/<int:todo_id>/snooze/", work_views.todo_snooze, name="todo_snooze"),
    path("todos/<int:todo_id>/archive/", work_views.todo_archive, name="todo_archive"),
    path("todos/<int:todo_id>/restore/", work_views.todo_restore, name="todo_restore"),
    path("<int:account_id>/dates/new/", date_views.new, name="date_new"),
    path("dates/<int:date_id>/edit/", date_views.edit, name="date_edit"),
    path("dates/<int:date_id>/archive/", date_views.archive, name="date_archive"),
    path("dates/<int:date_id>/restore/", date_views.restore, name="date_restore"),
    path("<int:account_id>/invoices/", invoice_views.panel, name="invoices"),
    path("<int:account_id>/invoices/new/", invoice_views.new, name="invoice_new"),
    path("invoices/<int:invoice_id>/edit/", invoice_views.edit, name="invoice_edit"),
    path("invoices/<int:invoice_id>/archive/", invoice_views.archive, name="invoice_archive"),
    path("invoices/<int:invoice_id>/restore/", invoice_views.restore, name="invoice_restore"),
    path("<int:account_id>/assign/", holding_views.assign, name="assign"),
    path("<int:account_id>/share/", holding_views.share, name="share"),
    path("<int:account_id>/share/<int:user_id>/end/", holding_views.unshare, name="unshare"),
    path("<int:account_id>/stage/", holding_views.stage, name="stage"),
    path("<int:account_id>/stage/dismiss/", stage_views.dismiss_stage, name="dismiss_stage"),
    path("<int:account_id>/stage/resume/", stage_views.resume_stage, name="resume_stage"),
    path("<int:account_id>/size-tier/", stage_views.size_tier, name="size_tier"),
    path("stage-guides/", stage_views.stage_guides, name="stage_guides"),
    path("stage-guides/<str:stage>/", stage_views.edit_stage_guide, name="edit_stage_guide"),
    path("<int:account_id>/archive/", holding_views.archive, name="archive"),
    path("<int:account_id>/restore/", holding_views.restore, name="restore"),
    path("<int:account_id>/why/", why_views.why, name="why"),
    path("why/of/<int:user_id>/", why_views.why_person, name="why_person"),
    path("<int:account_id>/seen/", mark_views.seen, name="seen"),
    # the dossier
    path("<int:account_id>/dossier/", dossier_views.dossier, name="dossier"),
    path("<int:account_id>/dossier/export/", dossier_views.export, name="dossier_export"),
    path("<int:account_id>/dossier/entries/new/", dossier_views.new_entry, name="dossier_entry_new"),
    path("dossier/entries/<int:entry_id>/", dossier_views.edit_entry, name="dossier_entry_edit"),
    path("dossier/entries/<int:entry_id>/archive/", dossier_views.archive_entry, name="dossier_entry_archive"),
    path("dossier/entries/<int:entry_id>/restore/", dossier_views.restore_entry, name="dossier_entry_restore"),
    path("<int:account_id>/dossier/questions/new/", dossier_views.new_question, name="question_new"),
    path("dossier/questions/<int:question_id>/", dossier_views.answer_question, name="question_answer"),
    path("dossier/questions/<int:question_id>/drop/", dossier_views.drop_question, name="question_drop"),
    path("<int:account_id>/dossier/competitors/new/", dossier_views.new_rival, name="rival_new"),
    path("dossier/competitors/<int:rival_id>/", dossier_views.edit_rival, name="rival_edit"),
    path("dossier/competitors/<int:rival_id>/archive/", dossier_views.archive_rival, name="rival_archive"),
    path("dossier/competitors/<int:rival_id>/restore/", dossier_views.restore_rival, name="rival_restore"),
    path("dossier/report/", dossier_views.report, name="dossier_report"),
    # when somebody leaves
    path("hand-over/", handover_views.handovers, name="handovers"),
    path("hand-over/of/<int:user_id>/", handover_views.plan, name="handover_plan"),
    path("hand-over/of/<int:user_id>/accounts/", handover_views.account_rows, name="handover_accounts"),
    path("hand-over/<int:handover_id>/", handover_views.handover, name="handover"),
    path("hand-over/<int:handover_id>/undo/", handover_views.undo, name="handover_undo"),
    # the public pool, possible duplicates, merging
    path("pool/", pool_views.pool, name="pool"),
    path("pool/quota/", pool_views.pool_quota, name="pool_quota"),
    path("pool/rules/", pool_views.pool_rules, name="pool_rules"),
    path("pool/rules/preview/", pool_views.pool_rules_preview, name="pool_rules_preview"),
    path("<int:account_id>/claim/", pool_views.claim, name="claim"),
    path("pool/<int:account_id>/claim/ask/", pool_request_views.ask_claim, name="ask_claim"),
    path("pool/<int:account_id>/keep/ask/", pool_request_views.ask_keep, name="ask_keep"),
    path("<int:account_id>/release/", pool_views.release, name="release"),
    path("territories/preview/", territory_views.territories_preview, name="territories_preview"),
    path("territories/rule/", territory_views.territories_rule, name="territories_rule"),
    path("territories/place/", territory_views.territories_place, name="territories_place"),
    path("duplicates/", duplicate_views.duplicates, name="duplicates"),
    path("duplicates/hint/", duplicate_views.duplicates_hint, name="duplicates_hint"),
    path("duplicates/find/", duplicate_views.find_duplicates, name="find_duplicates"),
    path("duplicates/<int:pair_id>/dismiss/", duplicate_views.dismiss_pair, name="dismiss_pair"),
    path("duplicates/<int:pair_id>/take-up/", duplicate_views.take_up_pair, name="take_up_pair"),
    path("<int:account_id>/merge/", merge_views.merge, name="merge"),
    path("merges/<int:merge_id>/undo/", merge_views.undo_merge, name="undo_merge"),
]
