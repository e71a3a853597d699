"""Names of regions that stand in brackets in company names, 华为技术(深圳)有限公司. Data for ``names.py``."""

from __future__ import annotations

_CHINESE = """
中国 中国大陆 大陆 内地 大中华 大中华区 全国 国际 亚太 亚太区 亚洲 东南亚 欧洲 北美 美国 日本 韩国 德国 法国 英国
新加坡 马来西亚
泰国 越南 印尼 印度 澳大利亚 加拿大 香港 澳门 台湾 中国香港 中国澳门 中国台湾
华东 华南 华北 华中 西南 西北 东北 江浙 长三角 珠三角 大湾区 粤港澳大湾区 京津冀 川渝
北京 天津 上海 重庆 河北 山西 辽宁 吉林 黑龙江 江苏 浙江 安徽 福建 江西 山东 河南 湖北 湖南 广东 广西 海南 四川 贵州
云南 西藏 陕西 甘肃
青海 宁夏 新疆 内蒙古
石家庄 唐山 秦皇岛 邯郸 邢台 保定 张家口 承德 沧州 廊坊 衡水 雄安 太原 大同 长治 晋城 晋中 临汾 运城 呼和浩特 包头
鄂尔多斯 赤峰
沈阳 大连 鞍山 抚顺 丹东 锦州 营口 盘锦 长春 吉林市 四平 通化 哈尔滨 齐齐哈尔 大庆 牡丹江 佳木斯
南京 无锡 徐州 常州 苏州 南通 连云港 淮安 盐城 扬州 镇江 泰州 宿迁 昆山 常熟 张家港 江阴 太仓 宜兴
杭州 宁波 温州 嘉兴 湖州 绍兴 金华 衢州 舟山 台州 丽水 义乌 慈溪 余姚
合肥 芜湖 蚌埠 淮南 马鞍山 淮北 铜陵 安庆 黄山 滁州 阜阳 宿州 六安 亳州 池州 宣城
福州 厦门 莆田 三明 泉州 漳州 南平 龙岩 宁德 晋江 南昌 景德镇 萍乡 九江 新余 鹰潭 赣州 吉安 宜春 抚州 上饶
济南 青岛 淄博 枣庄 东营 烟台 潍坊 济宁 泰安 威海 日照 临沂 德州 聊城 滨州 菏泽
郑州 开封 洛阳 平顶山 安阳 鹤壁 新乡 焦作 濮阳 许昌 漯河 三门峡 南阳 商丘 信阳 周口 驻马店
武汉 黄石 十堰 宜昌 襄阳 鄂州 荆门 孝感 荆州 黄冈 咸宁 随州 恩施 长沙 株洲 湘潭 衡阳 邵阳 岳阳 常德 张家界 益阳 郴州
永州 怀化 娄底
广州 韶关 深圳 珠海 汕头 佛山 江门 湛江 茂名 肇庆 惠州 梅州 汕尾 河源 阳江 清远 东莞 中山 潮州 揭阳 云浮 前海 横琴
南沙
南宁 柳州 桂林 梧州 北海 防城港 钦州 贵港 玉林 百色 海口 三亚 儋州 洋浦
成都 自贡 攀枝花 泸州 德阳 绵阳 广元 遂宁 内江 乐山 南充 眉山 宜宾 广安 达州 雅安 资阳 贵阳 六盘水 遵义 安顺 毕节
铜仁
昆明 曲靖 玉溪 保山 昭通 丽江 普洱 大理 拉萨 西安 铜川 宝鸡 咸阳 渭南 延安 汉中 榆林 安康 商洛
兰州 嘉峪关 金昌 白银 天水 武威 张掖 酒泉 西宁 银川 石嘴山 吴忠 乌鲁木齐 克拉玛依 喀什 伊犁
"""

_ENGLISH = """
china, prc, p r c, greater china, mainland, hong kong, hongkong, hk, macau, macao, taiwan, asia, asia pacific, apac,
international,
beijing, shanghai, tianjin, chongqing, shenzhen, guangzhou, hangzhou, nanjing, suzhou, wuxi, ningbo, wuhan, chengdu,
xian, xi an,
qingdao, dalian, xiamen, shenyang, jinan, changsha, zhengzhou, hefei, fuzhou, dongguan, foshan, zhuhai, kunming,
kunshan, nanchang,
changchun, harbin, guiyang, nanning, lanzhou, urumqi, haikou, hainan, guangdong, jiangsu, zhejiang, shandong,
fujian, sichuan, hubei,
hunan, henan, hebei, anhui, jiangxi, liaoning, singapore, malaysia, japan, korea, usa, u s a, us, america, north
america, europe, eu,
germany, france, uk, united kingdom, india, vietnam, thailand, indonesia, australia, canada
"""

REGION_NAMES: frozenset[str] = frozenset(_CHINESE.split()) | frozenset(name.strip() for name in _ENGLISH.split(","))

# Longest first: 维吾尔自治区 before 自治区.
REGION_ENDINGS: tuple[str, ...] = (
    "特别行政区", "维吾尔自治区", "壮族自治区", "回族自治区", "自治区", "自治州", "高新区", "开发区", "新区",
    "地区", "省", "市", "区", "县",
)  # fmt: skip


def is_region(text: str) -> bool:
    """Whether ``text`` (lower case, normalised) names a region: a listed one, or a short one ending in 省/市/区/县."""
    squeezed = " ".join(text.split())
    if squeezed in REGION_NAMES:
        return True
    for ending in REGION_ENDINGS:
        if squeezed.endswith(ending):
            stem = squeezed.removesuffix(ending)
            return stem in REGION_NAMES or (2 <= len(stem) <= 5 and all("一" <= sign <= "鿿" for sign in stem))
    return False


def region_key(text: str) -> str:
    """One spelling per region: 广东省 and 广东 are the same."""
    squeezed = " ".join(text.split())
    for ending in REGION_ENDINGS:
        stem = squeezed.removesuffix(ending)
        if stem != squeezed and stem in REGION_NAMES:
            return stem
    return squeezed
