from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dingke.accounts.calc.contact_keys import phone_key, website_key
from dingke.accounts.calc.names import normalise_company_name, split_company_name


@pytest.mark.parametrize(
    ("name", "key", "regions"),
    [
        ("华为技术有限公司", "华为技术", ()),
        ("华为技术（深圳）有限公司", "华为技术", ("深圳",)),
        ("华为技术(深圳市)有限责任公司", "华为技术", ("深圳",)),
        ("（中国）鼎新材料股份有限公司", "鼎新材料", ("中国",)),
        ("海潮(集团)股份有限公司", "海潮", ()),
        ("海潮集团有限公司", "海潮", ()),
        ("海潮集团", "海潮", ()),
        ("深圳 市 海潮　计算机　公司", "深圳市海潮计算机", ()),
        ("鼎新【华东】科技有限公司", "鼎新科技", ("华东",)),
        ("鼎新(音乐)有限公司", "鼎新音乐", ()),
        ("鼎新公司深圳分公司", "鼎新公司深圳分公司", ()),
        ("正信会计师事务所(特殊普通合伙)", "正信会计师事务所", ()),
        ("Acme Co., Ltd.", "acme", ()),
        ("ACME CO.LTD", "acme", ()),
        ("Ａｃｍｅ Ｉｎｃ．", "acme", ()),
        ("Acme (Shanghai) Corporation", "acme", ("shanghai",)),
        ("Acme L.L.C.", "acme", ()),
        ("Acme GmbH & Co. KG", "acme", ()),
        ("O'Neil Corp.", "oneil", ()),
        ("海潮Inc.", "海潮", ()),
        ("公司", "公司", ()),
        ("(集团)", "集团", ()),
        ("上海(集团)有限公司", "上海", ()),
        ("(北京)", "北京", ()),
        ("AS", "as", ()),
        ("AB有限公司", "ab", ()),
        ("Group Co., Ltd", "group", ()),
        ("集团有限公司", "集团有限公司", ()),
        ("!!!", "!!!", ()),
        ("   ", "", ()),
        ("", "", ()),
    ],
)
def test_company_names(name: str, key: str, regions: tuple[str, ...]) -> None:
    parts = split_company_name(name)
    assert (parts.key, parts.regions) == (key, regions)
    assert normalise_company_name(name) == key


@given(st.text(min_size=1).filter(lambda text: bool(text.strip())))
def test_a_name_never_becomes_empty(name: str) -> None:
    assert normalise_company_name(name)


@given(
    st.text("华为鼎新海潮科技abz09", min_size=2, max_size=8),
    st.sampled_from(["有限公司", "股份有限公司", " Co., Ltd", "集团有限公司", "（集团）有限公司", " GmbH", "公司"]),
    st.sampled_from(["", "(上海)", "（广东省）", "【China】"]),
)
def test_form_and_region_do_not_matter(core: str, form: str, region: str) -> None:
    plain = normalise_company_name(core)
    assert normalise_company_name(core + region + form) == plain
    assert normalise_company_name(f" {core.upper()} {region} {form}") == plain
    assert normalise_company_name(plain) == plain


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("138 0013 8000", "13800138000"),
        ("+86-138-0013-8000", "13800138000"),
        ("008613800138000", "13800138000"),
        ("+86 755-2878 0808 转 801", "075528780808"),
        ("0755-28780808 ext 801", "075528780808"),
        ("86-0755-28780808", "075528780808"),
        ("２８７８０８０８", "28780808"),
        ("12345", ""),
        ("", ""),
    ],
)
def test_phones(text: str, key: str) -> None:
    assert phone_key(text) == key


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("https://www.Acme.cn/about?x=1", "acme.cn"),
        ("acme.cn:8080", "acme.cn"),
        ("sales@acme.cn", "acme.cn"),
        ("boss@qq.com", ""),
        ("localhost", ""),
        ("", ""),
    ],
)
def test_websites(text: str, key: str) -> None:
    assert website_key(text) == key
