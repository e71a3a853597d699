"""What the developers' style guide shows: a form and charts with invented figures. Reached only when debugging."""

from __future__ import annotations

from typing import Any

from django import forms

from dingke.core.models import Job

CHOICES = [("ACCEPT", "接受"), ("DOUBT", "怀疑"), ("RESIST", "抵触"), ("INDIFFERENT", "冷淡")]


class ExampleForm(forms.Form):
    name = forms.CharField(label="客户名称", max_length=80, help_text="按营业执照填写。")
    amount = forms.DecimalField(label="金额", max_digits=12, decimal_places=2, required=False)
    day = forms.DateField(label="预计签约", widget=forms.DateInput(attrs={"type": "date"}))
    industry = forms.ChoiceField(
        label="行业",
        choices=[("1", "装备制造"), ("2", "汽车零部件")],
        widget=forms.Select(attrs={"data-search": ""}),
    )
    attitude = forms.ChoiceField(label="他的态度", choices=CHOICES, widget=forms.RadioSelect, required=False)
    note = forms.CharField(label="说明", widget=forms.Textarea(attrs={"rows": 3}), required=False)
    agreed = forms.BooleanField(label="已得到客户确认", required=False)


def form(*, with_errors: bool) -> ExampleForm:
    wrong = {"name": "", "amount": "x", "day": "2026-09-30", "industry": "1"}
    return ExampleForm(wrong) if with_errors else ExampleForm()


def charts() -> dict[str, Any]:
    return {"trend": _trend(), "radar": _radar(), "scatter": _scatter()}


def _trend() -> dict[str, Any]:
    sales = [2.1, 2.6, 3.0, 2.8, 3.4, 3.52, 3.7, 3.45, 3.6, 3.3, 3.2, 2.77]
    margin = [0.28, 0.29, 0.3, 0.3, 0.31, 0.31, 0.32, 0.33, 0.32, 0.32, 0.31, 0.3]
    bronze = {"color": "var(--dk-chart-2)"}
    return {
        "tooltip": {"trigger": "axis"},
        "legend": {"right": 0, "top": 0},
        "xAxis": {"type": "category", "data": [f"{23 + (n + 3) // 4}Q{(n + 3) % 4 + 1}" for n in range(len(sales))]},
        "yAxis": [
            {"axisLabel": {"formatter": "@wan"}},
            {"axisLabel": {"formatter": "@percent"}, "splitLine": {"show": False}, "min": 0, "max": 0.5},
        ],
        "series": [
            {
                "type": "bar",
                "name": "销售额",
                "data": [value * 1e6 for value in sales],
                "itemStyle": {"color": "var(--dk-chart-area)"},
                "tooltip": {"valueFormatter": "@wan"},
            },
            {
                "type": "line",
                "name": "毛利率",
                "yAxisIndex": 1,
                "data": margin,
                "itemStyle": bronze,
                "lineStyle": bronze,
                "tooltip": {"valueFormatter": "@percent"},
            },
        ],
    }


def _radar() -> dict[str, Any]:
    parts = [("财务", 80), ("口碑", 60), ("忠诚", 90), ("战略", 70)]
    values = [value for _name, value in parts]
    return {
        "radar": {"radius": "62%", "indicator": [{"name": f"{name} {value}", "max": 100} for name, value in parts]},
        "series": [{"type": "radar", "data": [{"value": values}], "areaStyle": {"opacity": 0.2}}],
    }


def _scatter() -> dict[str, Any]:
    points = [{"value": [20 + 13 * n % 200, (n * 37 % 30 + 10) / 100], "url": "?"} for n in range(40)]
    return {
        "tooltip": {"valueFormatter": "@number"},
        "xAxis": {"type": "value", "name": "销售额（万元）", "nameLocation": "middle", "nameGap": 26},
        "yAxis": {"type": "value", "axisLabel": {"formatter": "@percent"}},
        "grid": {"left": 8, "right": 12, "top": 14, "bottom": 22},
        "series": [{"type": "scatter", "data": points, "itemStyle": {"opacity": 0.8}}],
    }


def jobs() -> list[Job]:
    done = {"message": "导入 1,284 行，跳过 6 行。", "url": "?"}
    return [
        Job(pk=3, state=Job.State.DONE, result=done),
        Job(pk=4, state=Job.State.FAILED, message="第 812 行之后文件中断，没有写入任何一行。", trace_id="9f2c41d0"),
        Job(pk=5, state=Job.State.CANCELLED),
    ]
