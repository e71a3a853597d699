"""The catalogue of the demonstration company: 25 products in five families."""

from __future__ import annotations

from decimal import Decimal

from dingke.config.demo.records import Product, ProductFamily

FAMILIES: tuple[ProductFamily, ...] = (
    ProductFamily(code="EQUIPMENT", name="自动化设备", name_en="Automation equipment"),
    ProductFamily(code="CONTROL", name="控制与传感", name_en="Control and sensing"),
    ProductFamily(code="SOFTWARE", name="制造执行软件", name_en="MES software"),
    ProductFamily(code="SPARE", name="备件耗材", name_en="Spare parts"),
    ProductFamily(code="SERVICE", name="服务与培训", name_en="Service and training"),
)

# code, name, English name, family, unit, list price, cost (yuan), high-profit product
_CATALOGUE: tuple[tuple[str, str, str, str, str, int, int, bool], ...] = (
    ("EQ-101", "六轴搬运工作站", "Six-axis handling cell", "EQUIPMENT", "套", 268_000, 203_000, False),
    ("EQ-102", "视觉检测工作站", "Vision inspection cell", "EQUIPMENT", "套", 186_000, 132_000, True),
    ("EQ-103", "柔性装配线", "Flexible assembly line", "EQUIPMENT", "条", 880_000, 668_000, False),
    ("EQ-104", "码垛单元", "Palletising unit", "EQUIPMENT", "套", 158_000, 121_000, False),
    ("EQ-105", "智能仓储货架", "Smart storage rack", "EQUIPMENT", "组", 96_000, 74_000, False),
    ("EQ-106", "桌面拧紧机", "Bench screwdriver", "EQUIPMENT", "台", 28_600, 20_900, False),
    ("CT-201", "可编程控制器", "Programmable controller", "CONTROL", "台", 6_800, 4_690, False),
    ("CT-202", "伺服驱动套件", "Servo drive kit", "CONTROL", "套", 9_600, 6_820, False),
    ("CT-203", "工业网关", "Industrial gateway", "CONTROL", "台", 4_200, 2_560, True),
    ("CT-204", "激光位移传感器", "Laser displacement sensor", "CONTROL", "只", 3_180, 2_130, False),
    ("CT-205", "安全光幕", "Safety light curtain", "CONTROL", "套", 2_460, 1_720, False),
    ("SW-301", "生产执行系统基础版", "MES base edition", "SOFTWARE", "套", 128_000, 48_000, True),
    ("SW-302", "质量追溯模块", "Quality traceability module", "SOFTWARE", "套", 56_000, 19_000, True),
    ("SW-303", "设备联网模块", "Machine connectivity module", "SOFTWARE", "套", 42_000, 16_000, True),
    ("SW-304", "排产优化模块", "Scheduling module", "SOFTWARE", "套", 68_000, 23_500, True),
    ("SW-305", "终端许可", "Terminal licence", "SOFTWARE", "点", 1_600, 520, True),
    ("SP-401", "直线模组", "Linear module", "SPARE", "根", 1_980, 1_390, False),
    ("SP-402", "气动夹爪", "Pneumatic gripper", "SPARE", "只", 860, 590, False),
    ("SP-403", "拖链电缆", "Drag chain cable", "SPARE", "米", 46, 33, False),
    ("SP-404", "减速机油脂", "Gearbox grease", "SPARE", "桶", 320, 214, False),
    ("SP-405", "真空吸盘组", "Suction cup set", "SPARE", "组", 138, 94, False),
    ("SP-406", "通用接插件包", "Connector kit", "SPARE", "包", 18, 12, False),
    ("SV-501", "年度维保", "Annual maintenance", "SERVICE", "台年", 6_600, 3_750, True),
    ("SV-502", "现场工程师人天", "On-site engineer day", "SERVICE", "人天", 2_200, 1_380, False),
    ("SV-503", "操作员培训", "Operator training", "SERVICE", "班", 7_800, 4_100, True),
)

PRODUCTS: tuple[Product, ...] = tuple(
    Product(
        code=code,
        name=name,
        name_en=name_en,
        family=family,
        unit=unit,
        list_price=Decimal(list_price).quantize(Decimal("0.01")),
        cost=Decimal(cost).quantize(Decimal("0.01")),
        is_high_profit=is_high_profit,
    )
    for code, name, name_en, family, unit, list_price, cost, is_high_profit in _CATALOGUE
)
PRODUCT_BY_CODE = {product.code: product for product in PRODUCTS}
