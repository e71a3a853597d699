"""The pages of the import: list, upload, files and columns, check, run and result."""

from __future__ import annotations

from collections import defaultdict

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import NotVisible, Refusal
from dingke.core.importing import dry_run, files, presentation, queries, setup, targets
from dingke.core.importing.outcomes import Alike
from dingke.core.links import link_to
from dingke.core.models import ImportFile, ImportRun
from dingke.core.tabular.errors import FileRefused

RUN = "imports.run"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _run_url(name: str, run_id: int) -> str:
    return reverse(f"imports:{name}", kwargs={"run_id": run_id})


@door("GET", permission=RUN)
def runs(request: DoorRequest) -> HttpResponse:
    page = queries.runs(request.scope, cursor=request.GET.get("cursor") or None)
    context = {"page": page, "targets": setup.allowed_targets(request.scope), "word": presentation.word}
    partial = "core/imports/_runs.html" if request.GET.get("cursor") else None
    return pages.page(request, "core/imports/list.html", context, partial=partial)


@door("GET", "POST", permission=RUN)
def new(request: DoorRequest) -> HttpResponse:
    """Upload: one file or several, stored as a run in the making."""
    problem = ""
    if request.method == "POST":
        uploads = [(upload.name or "", upload) for upload in request.FILES.getlist("files")]
        try:
            if too_large := getattr(request, "too_large", ""):
                raise setup.too_large(too_large)
            run = setup.create_run(uploads=uploads, by=request.scope, now=timezone.now())
        except Refusal as refusal:
            if refusal.status == 403:
                raise
            problem = refusal.message
        else:
            return pages.go_to(request, _run_url("setup", run.pk))
    context = {
        "problem": problem,
        "limit_mb": settings.IMPORT_MAX_BYTES // 1024 // 1024,
        "targets": setup.allowed_targets(request.scope),
        "word": presentation.word,
    }
    return pages.page(request, "core/imports/new.html", context, partial="core/imports/_upload.html", status=422 if problem else 200)


@door("GET", "POST", permission=RUN)
def setup_run(request: DoorRequest, run_id: int) -> HttpResponse:
    """The first file that is to be looked at, or the overview of a recognised set of files."""
    run = queries.run_for(request.scope, run_id)
    if run.state != run.State.DRAFT:
        return pages.go_to(request, _run_url("run", run.pk))
    parts = queries.parts_of(run)
    if not parts:  # every file was taken away again
        return pages.go_to(request, reverse("imports:new"))
    if not run.options.get("recipe"):
        return pages.go_to(request, reverse("imports:file", kwargs={"run_id": run.pk, "file_id": parts[0].pk}))
    if request.method == "POST":
        setup.take_sure_values(run=run)
        return pages.go_to(request, _run_url("check", run.pk))
    questions = presentation.sure_questions(parts)
    context = {"run": run, "rows": presentation.summary(run, parts), "parts": parts, "questions": questions, "word": presentation.word}
    return pages.page(request, "core/imports/recipe.html", context)


@door("GET", "POST", permission=RUN)
def file(request: DoorRequest, run_id: int, file_id: int) -> HttpResponse:
    """One file: what it holds, how it is read, which column goes where, what odd values mean."""
    part = queries.part_for(request.scope, run_id, file_id)
    if part.run.state != part.run.State.DRAFT:
        return pages.go_to(request, _run_url("run", run_id))
    problem, status = "", 200
    if request.method == "POST":
        try:
            _apply(request, part)
        except Refusal as refusal:
            problem, status = refusal.message, 422
        else:
            if request.POST.get("then") == "next":
                return pages.go_to(request, _next_url(part))
    part = queries.part_for(request.scope, run_id, file_id)
    context = presentation.file_context(part, request.scope)
    context["problem"] = problem or context["problem"]
    return pages.page(request, "core/imports/file.html", context, partial="core/imports/_file.html", status=status)


def _apply(request: DoorRequest, part: ImportFile) -> None:
    post = request.POST
    step = post.get("step", "")
    if step == "target":
        setup.set_target(part=part, target=post.get("target", ""), by=request.scope)
    elif step == "reading":
        header = post.get("header_row", "").strip()
        reading = {
            **part.reading,
            "sheet": post.get("sheet") or None,
            "encoding": post.get("encoding") or None,
            "delimiter": post.get("delimiter") or None,
            "header_row": int(header) if header.isdigit() else None,
        }
        setup.set_reading(part=part, reading=reading, by=request.scope)
    elif step == "columns":
        headers = setup.opened_headers(part)
        pairs = {header: post.get(f"field-{index}", "") for index, header in enumerate(headers)}
        orders = {header: post[f"order-{index}"] for index, header in enumerate(headers) if post.get(f"order-{index}")}
        factors = {header: post[f"factor-{index}"] for index, header in enumerate(headers) if post.get(f"factor-{index}")}
        part = setup.set_mapping(part=part, pairs=pairs, orders=orders, factors=factors, key=post.get("key", ""))
        _apply_values(request, part)


def _apply_values(request: DoorRequest, part: ImportFile) -> None:
    values: dict[str, dict[str, str]] = defaultdict(dict)
    for name in request.POST:
        if name.startswith("old-"):
            number = name.removeprefix("old-")
            values[request.POST.get(f"of-{number}", "")][request.POST[name]] = request.POST.get(f"new-{number}", "").strip()
    if values:
        setup.set_values(part=part, pairs=values)


def _next_url(part: ImportFile) -> str:
    if part.run.options.get("recipe"):
        return _run_url("setup", part.run_id)
    following = [each for each in queries.parts_of(part.run) if each.position > part.position]
    if following:
        return reverse("imports:file", kwargs={"run_id": part.run_id, "file_id": following[0].pk})
    return _run_url("check", part.run_id)


@door("GET", "POST", permission=RUN)
def check(request: DoorRequest, run_id: int) -> HttpResponse:
    """Mode and options, then a trial over the first rows, which the page loads by itself."""
    run = queries.run_for(request.scope, run_id)
    if run.state != run.State.DRAFT:
        return pages.go_to(request, _run_url("run", run.pk))
    if request.method == "POST":
        alike = request.POST.get("alike", "")
        options = {
            "create_related": request.POST.get("create_related") == "on",
            "owner": request.POST.get("owner", "POOL"),
            "alike": alike if alike in set(Alike) else Alike.CREATE.value,
            "missing": request.POST.get("missing", "KEEP"),
        }
        run = setup.set_options(run=run, mode=request.POST.get("mode", ""), options=options)
    parts = queries.parts_of(run)
    context = {
        "run": run,
        "rows": presentation.summary(run, parts),
        "gaps": setup.gaps(run, request.scope),
        "modes": run.Mode.choices,
        "alike_choices": presentation.alike_choices(),
        "missing_choices": presentation.missing_choices() if setup.tells_absent(parts) else [],
        "close_at_most": settings.CLOSE_AT_MOST,
        "has_accounts": not setup.tells_absent(parts) or len({part.target for part in parts}) > 1,
    }
    return pages.page(request, "core/imports/check.html", context, partial="core/imports/_check.html")


@door("GET", permission=RUN)
def trial(request: DoorRequest, run_id: int) -> HttpResponse:
    run = queries.run_for(request.scope, run_id)
    gaps = setup.gaps(run, request.scope)
    tried = [] if gaps else _tried(request, run)
    previews = [(each.file, *presentation.preview_rows(each.file), each.alike_by_row()) for each in tried]
    context = {
        "run": run,
        "tried": tried,
        "gaps": gaps,
        "previews": previews,
        "told": presentation.told,
        "word": presentation.word,
        "label": queries.label_of,
        "shown": presentation.cell,
    }
    return pages.fragment(request, "core/imports/_trial.html", context)


def _tried(request: DoorRequest, run: ImportRun) -> list[dry_run.Trial]:
    try:
        return dry_run.trial(run, by=request.scope, now=timezone.now())
    except FileRefused as refusal:
        raise setup.UnableToImport(refusal.describe(presentation.language())) from refusal


@door("POST", permission=RUN)
def start(request: DoorRequest, run_id: int) -> HttpResponse:
    run = setup.start_run(run=queries.run_for(request.scope, run_id), by=request.scope, now=timezone.now())
    return pages.go_to(request, _run_url("run", run.pk))


@door("POST", permission=RUN)
def go_on(request: DoorRequest, run_id: int) -> HttpResponse:
    run = setup.continue_run(run=queries.run_for(request.scope, run_id), by=request.scope, now=timezone.now())
    return pages.go_to(request, _run_url("run", run.pk))


@door("POST", permission=RUN)
def undo(request: DoorRequest, run_id: int) -> HttpResponse:
    run = setup.undo_run(run=queries.run_for(request.scope, run_id), by=request.scope, now=timezone.now())
    return pages.go_to(request, _run_url("run", run.pk))


@door("POST", permission=RUN)
def discard(request: DoorRequest, run_id: int) -> HttpResponse:
    setup.discard_run(run=queries.run_for(request.scope, run_id), by=request.scope, now=timezone.now())
    return pages.go_to(request, reverse("imports:list"))


@door("GET", permission=RUN)
def run(request: DoorRequest, run_id: int) -> HttpResponse:
    """Progress while it works, the result afterwards."""
    found = queries.run_for(request.scope, run_id)
    if found.state == found.State.DRAFT:
        return pages.go_to(request, _run_url("setup", found.pk))
    context = {
        "run": found,
        "parts": queries.parts_of(found),
        "counts": queries.counts_by_target(found),
        "failed": queries.failed_counts(found),
        "total": found.counts.get("total", {}),
        "pairs_href": link_to("accounts:duplicates"),
        "undo": found.options.get("undo", {}),
        "absent": found.options.get("absent", {}),
        "handover_of": lambda user_id: link_to("accounts:handover_plan", user_id),
        "not_taken": found.options.get("not_taken", []),
        "is_chinese": presentation.language().startswith("zh"),
        "can_continue": setup.can_continue(found),
        "can_undo": setup.can_undo(found),
        "word": presentation.word,
        "label": queries.label_of,
    }
    return pages.page(request, "core/imports/run.html", context, partial="core/imports/_run.html")


@door("GET", permission=RUN)
def failures(request: DoorRequest, run_id: int) -> HttpResponse:
    found = queries.run_for(request.scope, run_id)
    page = queries.failures_of(found, cursor=request.GET.get("cursor") or None)
    context = {
        "run": found,
        "page": page,
        "is_chinese": presentation.language().startswith("zh"),
        "is_first": not request.GET.get("cursor"),
    }
    return pages.fragment(request, "core/imports/_failures.html", context)


@door("GET", permission=RUN)
def failed_rows(request: DoorRequest, run_id: int, file_id: int, kind: str) -> HttpResponse:
    """The failed rows in the original columns with the reason, to be mended and imported again."""
    part = queries.part_for(request.scope, run_id, file_id)
    chinese = presentation.language().startswith("zh")
    headers = setup.opened_headers(part)
    if kind == "csv":
        return _download(
            files.failures_as_csv(headers, queries.failures_in(part), chinese=chinese),
            "text/csv; charset=utf-8",
            f"import-{run_id}-{file_id}-failed.csv",
        )
    if kind == "xlsx":
        return _download(
            files.failures_as_xlsx(headers, queries.failures_in(part), chinese=chinese), XLSX, f"import-{run_id}-{file_id}-failed.xlsx"
        )
    raise NotVisible(_("There is no such file."))


@door("GET", permission=RUN)
def template(request: DoorRequest, target: str) -> HttpResponse:
    """An empty workbook with the right headers."""
    found = targets.known_target(target)
    if found is None:
        raise NotVisible(_("There is no such template."))
    chinese = presentation.language().startswith("zh")
    return _download(files.template(found, chinese=chinese), XLSX, f"dingke-{found.key}.xlsx")


def _download(content: bytes, kind: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response
