"""Refusals, notices and row problems of table reading: a stable code, parameters, and the sentence for people.

Codes and parameters are what other code may rely on; the sentences may be reworded freely.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

__all__ = ["MESSAGES", "CellRefused", "FileRefused", "Notice", "Problem", "Refused", "sentence"]

# code -> (English, Chinese). {named} parameters are filled from `params`.
MESSAGES: dict[str, tuple[str, str]] = {
    # The file as a whole.
    "FILE_UNREADABLE": (
        "The file could not be opened. Upload it again.",
        "文件无法打开，请重新上传。",
    ),
    "FILE_TOO_LARGE": (
        "The file is {size_mb} MB; at most {limit_mb} MB can be read. Split it into several files.",
        "文件大小为 {size_mb} MB，超过上限 {limit_mb} MB。请拆分成多个文件后再导入。",
    ),
    "EMPTY_FILE": (
        "The file is empty. Choose a file with a header row and data below it.",
        "文件是空的。请选择包含表头和数据的文件。",
    ),
    "WRONG_KIND": (
        "This is a {kind} file, whatever its name says. Save the table as .xlsx or as .csv (UTF-8) and upload that.",
        "这其实是 {kind} 文件（与扩展名无关）。请将表格另存为 .xlsx 或 .csv（UTF-8）后再上传。",
    ),
    "HTML_FILE": (
        "This is a web page saved under a spreadsheet's name. Open it in Excel or WPS and save it as .xlsx.",
        "这是以表格扩展名保存的网页文件。请用 Excel 或 WPS 打开，另存为 .xlsx 后再上传。",
    ),
    "XML_SPREADSHEET": (
        "This is an XML file, not a workbook. Open it in Excel or WPS and save it as .xlsx.",
        "这是 XML 文件，不是工作簿。请用 Excel 或 WPS 打开，另存为 .xlsx 后再上传。",
    ),
    "PASSWORD_PROTECTED": (
        "The workbook is protected by a password. Open it, remove the password, save it and upload it again.",
        "工作簿设有打开密码。请打开文件、取消密码、保存后重新上传。",
    ),
    "DAMAGED_FILE": (
        "The file is damaged ({detail}). Open it in Excel or WPS, save it again as .xlsx and upload that.",
        "文件已损坏（{detail}）。请用 Excel 或 WPS 打开并重新另存为 .xlsx 后再上传。",
    ),
    "ZIP_BOMB": (
        "The file would unpack to {unpacked_mb} MB (part {part}), more than is safe. Save only the needed sheet as .csv and upload that.",
        "文件解压后达 {unpacked_mb} MB（其中 {part}），超出安全上限。请只将需要的工作表另存为 .csv 后再上传。",
    ),
    "FILE_CHANGED": (
        "The file changed while it was being read (near row {row}). Upload it again.",
        "文件在读取过程中发生了变化（第 {row} 行附近）。请重新上传。",
    ),
    # Text files.
    "ENCODING_UNKNOWN": (
        "Line {line}, byte {byte} ({value}) is neither UTF-8 nor GB18030/GBK text. Choose the file's encoding, or save it as CSV UTF-8.",
        "第 {line} 行第 {byte} 个字节（{value}）既不是 UTF-8 也不是 GB18030/GBK 编码。请指定文件编码，或另存为“CSV UTF-8”格式。",
    ),
    "ENCODING_BROKEN": (
        "Line {line}, byte {byte} ({value}) is not valid {encoding} text. Correct that line, or save the file again as CSV UTF-8.",
        "第 {line} 行第 {byte} 个字节（{value}）不是有效的 {encoding} 文本。请修正该行，或另存为“CSV UTF-8”格式。",
    ),
    "ENCODING_NOT_SUPPORTED": (
        "The encoding {encoding} is not known. Use utf-8, gb18030, utf-16 or big5.",
        "无法识别编码 {encoding}。请使用 utf-8、gb18030、utf-16 或 big5。",
    ),
    "NUL_BYTES": (
        "Line {line}, byte {byte} is a zero byte: the file is damaged or is not text. Export it again.",
        "第 {line} 行第 {byte} 个字节为零字节：文件已损坏或不是文本文件。请重新导出。",
    ),
    "UTF16_WITHOUT_MARK": (
        "The text looks like UTF-16 without its mark (BOM). Choose the encoding utf-16-le or utf-16-be, or save it as CSV UTF-8.",
        "文件疑似缺少标记（BOM）的 UTF-16 文本。请指定编码 utf-16-le 或 utf-16-be，或另存为“CSV UTF-8”格式。",
    ),
    "LINE_TOO_LONG": (
        "Line {line} is longer than {limit} characters: this is not a table, or its line ends are missing.",
        "第 {line} 行超过 {limit} 个字符：这不是表格，或缺少换行符。",
    ),
    "DELIMITER_NOT_SUPPORTED": (
        "The delimiter must be one character, such as a comma, a tab or a semicolon.",
        "分隔符必须是一个字符，例如逗号、制表符或分号。",
    ),
    "QUOTE_NOT_CLOSED": (
        'A quotation mark (") opened in the record at line {row} is never closed. Close or remove it.',
        "第 {row} 行开始的记录中，双引号没有闭合。请补上或删除该引号。",
    ),
    "QUOTE_BROKEN": (
        'In the record that begins at line {opened}, text follows a closing quotation mark (") at line {row}. '
        'Close quotes that are open, and double a quote inside a cell ("").',
        "在第 {opened} 行开始的记录中，第 {row} 行的双引号闭合后仍有文字。请检查引号是否成对，单元格内的引号须写成两个双引号。",
    ),
    "FIELD_TOO_LONG": (
        "Line {row} has a cell longer than {limit} characters. Shorten it.",
        "第 {row} 行有单元格超过 {limit} 个字符。请缩短内容。",
    ),
    # Sheets.
    "SHEET_NOT_FOUND": (
        "There is no sheet “{sheet}”. The sheets are: {sheets}.",
        "没有名为“{sheet}”的工作表。现有工作表：{sheets}。",
    ),
    "NO_SHEET": (
        "The workbook has no worksheet. Choose another file.",
        "工作簿中没有工作表。请选择其他文件。",
    ),
    "EMPTY_SHEET": (
        "The sheet “{sheet}” has no data. Choose another sheet.",
        "工作表“{sheet}”没有数据。请选择其他工作表。",
    ),
    "HEADER_ROW_NOT_FOUND": (
        "Row {row}, named as the header row, is empty or does not exist. Choose another header row.",
        "指定的表头行（第 {row} 行）为空或不存在。请选择其他表头行。",
    ),
    "TOO_MANY_ROWS": (
        "The table has more than {limit} rows. Split it into several files.",
        "表格超过 {limit} 行。请拆分成多个文件后再导入。",
    ),
    "TOO_MANY_COLUMNS": (
        "The table reaches column {column}; at most {limit} columns can be read. Delete columns that are not needed.",
        "表格延伸到第 {column} 列，最多可读取 {limit} 列。请删除不需要的列。",
    ),
    "SHEET_TOO_SPREAD": (
        "The sheet “{sheet}” reaches cell {cell} but is mostly empty. Delete stray cells or save it as .csv.",
        "工作表“{sheet}”延伸到单元格 {cell}，但大部分为空。请删除零散单元格，或另存为 .csv。",
    ),
    "SHEET_BLOCKED_BY_ERROR": (
        "Cell {cell} of the sheet “{sheet}” holds the error {error}, which keeps the sheet from being read. "
        "Correct its formula, or paste the sheet as values.",
        "工作表“{sheet}”的单元格 {cell} 含有错误 {error}，导致工作表无法读取。请修正公式，或将工作表粘贴为数值。",
    ),
    # Notices: the file was read, and this was assumed or changed.
    "HEADER_FOUND": (
        "Row {row} was taken as the header row; the rows above it are not read.",
        "已将第 {row} 行作为表头，其上方的行不导入。",
    ),
    "HEADER_LOOKS_LIKE_DATA": (
        "The header row (row {row}) looks like data. If the file has no header row, say so.",
        "表头行（第 {row} 行）看起来像数据。如果文件没有表头，请予以指明。",
    ),
    "HEADER_NOT_ALIGNED": (
        "The names in row {row} do not line up with the columns. Check each column's name.",
        "第 {row} 行的列名与数据列没有对齐，请逐列核对列名。",
    ),
    "HEADER_BLANK": (
        "Column {column} has no name; it is shown as “{name}”.",
        "第 {column} 列没有名称，显示为“{name}”。",
    ),
    "HEADER_REPEATED": (
        "Column {column} repeats the name “{original}”; it is shown as “{name}”.",
        "第 {column} 列与前面的“{original}”重名，显示为“{name}”。",
    ),
    "HEADER_MERGED": (
        "The header has merged cells ({count}, first {cells}); each column under them takes their text.",
        "表头有合并单元格（{count} 处，首处为 {cells}），其下各列均采用合并单元格的文字。",
    ),
    "MERGED_FILLED": (
        "Merged cells ({count}, first {cells}) were filled down: every row takes the merged value.",
        "合并单元格（{count} 处，首处为 {cells}）已向下填充：每一行都取合并单元格的值。",
    ),
    "MERGED_ACROSS": (
        "Cells merged across columns ({count}, first {cells}) keep their value in the first column only.",
        "跨列合并的单元格（{count} 处，首处为 {cells}）只在首列保留值。",
    ),
    "OTHER_SHEETS": (
        "Only the sheet “{sheet}” is read. Other sheets: {others}.",
        "只读取工作表“{sheet}”。其他工作表：{others}。",
    ),
    "OLD_WORKBOOK": (
        "In the old .xls format cells with a formula error cannot be told from empty cells. Prefer .xlsx.",
        "旧版 .xls 格式无法区分公式出错的单元格与空单元格，建议使用 .xlsx。",
    ),
    "NO_ROWS": (
        "The table has a header row but no data below it.",
        "表格只有表头，没有数据。",
    ),
    # Problems of one row or cell.
    "ROW_TOO_LONG": (
        "Row {row} has {found} cells, the table has {expected} columns; what lies beyond was not read. "
        "Is a cell with the delimiter missing its quotes?",
        "第 {row} 行有 {found} 个单元格，而表格只有 {expected} 列，多出的内容未读取。是否有含分隔符的内容缺少引号？",
    ),
    "ROW_TOO_SHORT": (
        "Row {row} has {found} cells instead of {expected}; the missing ones are empty. Is the line cut off?",
        "第 {row} 行只有 {found} 个单元格（应为 {expected} 个），缺少的按空值处理。该行是否被截断？",
    ),
    "ROW_NOT_ALIGNED": (
        "Row {row} does not fit the fixed column positions. Correct its spacing.",
        "第 {row} 行与固定列宽不符。请调整空格。",
    ),
    "CELL_ERROR": (
        "Cell {cell} holds the error {error}. Correct its formula or type the value.",
        "单元格 {cell} 的值为错误 {error}。请修正公式或直接填写数值。",
    ),
    "FORMULA_NOT_CALCULATED": (
        "Cell {cell} holds a formula without a result. Open the file in Excel or WPS, save it and upload it again.",
        "单元格 {cell} 的公式没有计算结果。请用 Excel 或 WPS 打开并保存后重新上传。",
    ),
    # Values.
    "NOT_A_NUMBER": ("“{value}” is not a number.", "“{value}”不是数字。"),
    "NUMBER_AMBIGUOUS": (
        "“{value}” can be read as more than one number. Write it like 1234.50.",
        "“{value}”有多种读法。请写成 1234.50 的形式。",
    ),
    "NUMBER_CUT": (
        "“{value}” has lost digits (scientific notation or more than 15 digits). Format the column as text, enter it again and save.",
        "“{value}”已丢失部分数字（科学计数法或超过 15 位）。请将该列设为文本格式，重新填写后保存。",
    ),
    "OTHER_CURRENCY": (
        "“{value}” is in another currency than {currency}. Convert it first.",
        "“{value}”的币种不是 {currency}。请先换算。",
    ),
    "NOT_WHOLE": ("“{value}” is not a whole number.", "“{value}”不是整数。"),
    "NOT_A_DATE": (
        "“{value}” is not a date. Write it like 2017-03-01.",
        "“{value}”不是日期。请写成 2017-03-01 的形式。",
    ),
    "DATE_ORDER": (
        "“{value}” does not fit the date order {order}. Choose the order of day, month and year.",
        "“{value}”与日期顺序 {order} 不符。请选择年月日的顺序。",
    ),
    "DATE_IMPOSSIBLE": (
        "“{value}”: there is no such day.",
        "“{value}”：不存在这一天。",
    ),
    "DATE_OUT_OF_RANGE": (
        "“{value}” lies outside the years 1900 to 2199.",
        "“{value}”不在 1900 年至 2199 年之间。",
    ),
    "NOT_YES_OR_NO": (
        "“{value}” is neither yes nor no. Write 是 or 否, yes or no.",
        "“{value}”既不是“是”也不是“否”。请填写“是”或“否”。",
    ),
    "NOT_A_PHONE": ("“{value}” is not a telephone number.", "“{value}”不是电话号码。"),
    "MANY_PHONES": (
        "“{value}” holds more than one telephone number. Keep one and put the others in a column of their own.",
        "“{value}”包含多个电话号码。请只保留一个，其余放入单独的列。",
    ),
}


def sentence(code: str, params: Mapping[str, object], language: str) -> str:
    """The sentence for a code, Chinese for any language tag starting with zh, else English."""
    english, chinese = MESSAGES[code]
    template = chinese if language.lower().startswith("zh") else english
    return template.format_map(_Shown({name: _shown(value) for name, value in params.items()}))


def _shown(value: object) -> str:
    if isinstance(value, str):
        return value if len(value) <= 80 else value[:77] + "..."
    if isinstance(value, Iterable):
        return ", ".join(str(part) for part in value)
    return str(value)


class _Shown(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "?"


class Refused(Exception):
    """Something of the user's cannot be read; `code` and `params` say what, `describe` says it in words."""

    def __init__(self, code: str, params: Mapping[str, object] | None = None) -> None:
        super().__init__(code)
        self.code: str = code
        self.params: dict[str, object] = dict(params or {})

    def describe(self, language: str) -> str:
        return sentence(self.code, self.params, language)

    def __str__(self) -> str:
        return f"{self.code}: {self.describe('en')}"

    def __reduce__(self) -> tuple[type[Refused], tuple[str, dict[str, object]]]:
        return type(self), (self.code, self.params)


class FileRefused(Refused):
    """The file, or the chosen sheet of it, cannot be read at all."""


class CellRefused(Refused):
    """One cell cannot be read as the wanted type."""


@dataclass(frozen=True)
class Notice:
    """The file was read; this is what was assumed or changed on the way."""

    code: str
    params: Mapping[str, object] = field(default_factory=dict)

    def describe(self, language: str) -> str:
        return sentence(self.code, self.params, language)


@dataclass(frozen=True)
class Problem:
    """What is wrong with one row (`column` is None) or with one of its cells (`column` is its 0-based index)."""

    code: str
    params: Mapping[str, object] = field(default_factory=dict)
    column: int | None = None

    def describe(self, language: str) -> str:
        return sentence(self.code, self.params, language)
