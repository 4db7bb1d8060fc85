"""The papers of the office: in the form of GB/T 9704-2012, whole for any content, and the same bytes each time."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from zipfile import ZipFile

import pytest
import time_machine
from django.utils.translation import gettext as _
from django.utils.translation import override
from docx import Document
from docx.oxml.ns import qn
from docx.shared import Emu
from fontTools.ttLib import TTFont
from openpyxl import load_workbook
from PIL import Image
from pypdf import PdfReader

from supervision.papers import docx, form, pdf, pictures, typesetter, xlsx
from supervision.papers.paper import (
    Attachment,
    Block,
    Book,
    Box,
    Form,
    Heading,
    Paper,
    Picture,
    PictureKind,
    Sheet,
    Table,
    Words,
)
from tests.supervision import papers_sample as sample

HOSTILE = (
    "=cmd|' /C calc'!A0\x00\x08",
    "\ud800单独的代理\udfff",
    "\u202e倒着写\u202c\u200f的名字",
    "#let x = read(\"/etc/passwd\") $a$ *b* `c` @d <e> \\ //",
    "<w:t>&amp;]]>{{ bulletin }}",
    "字" * 20_000,
    "w" * 20_000,
)  # fmt: skip

# Of 6,763 characters, those no slice holds. In the Word file they are set in the fonts of the reader's machine.
RARE = set("劐坶塥弪憝戤桊毪牿犋猸瘭稆筢耠耢耥胲脶膪艴蒈蓰蟓赇蹯轷铴镩阢骣鲰齄")


@pytest.fixture(autouse=True, scope="module")
def _written_in_chinese() -> Iterator[None]:
    with override("zh-hans"):  # as where no request is, in a task
        yield


@pytest.fixture(scope="module")
def word() -> Any:
    return read_word(docx.write(sample.bulletin(draft=True)))


@pytest.fixture(scope="module")
def printed() -> Any:
    return PdfReader(io.BytesIO(pdf.write(sample.bulletin())))


def read_word(file: bytes) -> Any:  # the library's types say None of much that every file has
    return Document(io.BytesIO(file))


def small(*blocks: Block, **changes: object) -> Paper:
    paper = Paper("长安街道办事处", "长街通报〔2026〕7号", "通报", blocks, "长安街道办事处", date(2026, 7, 3))
    return replace(paper, **changes)  # type: ignore[arg-type]


def fonts_of(element: Any) -> str:
    return str(element.find(f".//{qn('w:rFonts')}").get(qn("w:eastAsia")))


# The Word file.


def test_a_word_page_is_that_of_the_standard(word: Any) -> None:
    page = word.sections[0]
    for told, asked in zip(
        (page.page_width, page.page_height, page.top_margin, page.left_margin, page.right_margin, page.bottom_margin),
        (210, 297, 37, 28, 26, 35),
        strict=True,
    ):
        assert told.mm == pytest.approx(asked, abs=0.05)


def test_the_grid_holds_22_lines_of_28_characters(word: Any) -> None:
    page = word.sections[0]
    grid = page._sectPr.find(qn("w:docGrid"))
    assert grid.get(qn("w:type")) == "linesAndChars"
    height = Emu(page.page_height - page.top_margin - page.bottom_margin).pt
    width = Emu(page.page_width - page.left_margin - page.right_margin).pt
    assert int(height / (int(grid.get(qn("w:linePitch"))) / 20)) == form.LINES
    assert int(width / (form.BODY + int(grid.get(qn("w:charSpace"))) / 4096)) == form.CHARACTERS
    # What LibreOffice and Word set without leaning on the grid comes to the same.
    normal = word.styles["Normal"]
    nearer = int(normal.element.rPr.find(qn("w:spacing")).get(qn("w:val"))) / 20
    assert int(width / (form.BODY + nearer)) == form.CHARACTERS
    assert int(height / normal.paragraph_format.line_spacing.pt) == form.LINES


@pytest.mark.parametrize(
    ("style", "font", "size"),
    [
        ("Normal", "仿宋_GB2312", 16),
        ("Title", "方正小标宋简体", 22),
        ("Heading 1", "黑体", 16),
        ("Heading 2", "楷体_GB2312", 16),
        ("Heading 3", "仿宋_GB2312", 16),
        ("Heading 4", "仿宋_GB2312", 16),
        ("Footer", "宋体", 14),
    ],
)
def test_every_kind_of_text_has_its_type(word: Any, style: str, font: str, size: int) -> None:
    found = word.styles[style]
    assert (fonts_of(found.element), found.font.size.pt, found.font.bold) == (font, size, False)


def test_headings_are_counted_as_officials_count(word: Any) -> None:
    headings = [p.text for p in word.paragraphs if p.style.name.startswith("Heading")]
    assert headings[:8] == [
        "一、总体情况",
        "（一）受理与办结",
        "（二）诉求来源和类别",
        "1. 来源",
        "2. 类别",
        "（1）物业服务",
        "（2）环境卫生",
        "二、红黄绿灯与时限",
    ]
    assert [form.chinese(number) for number in (1, 10, 11, 20, 99, 100)] == [
        "一",
        "十",
        "十一",
        "二十",
        "九十九",
        "100",
    ]


def test_the_head_is_red_and_a_red_line_stands_below_the_number(word: Any) -> None:
    head = next(p for p in word.paragraphs if p.text == "长安街道办事处")
    assert str(head.runs[0].font.color.rgb) == "E60012"
    number = next(p for p in word.paragraphs if p.text == "长街通报〔2026〕7号")
    line = number._p.find(f".//{qn('w:pBdr')}/{qn('w:bottom')}")
    assert (line.get(qn("w:val")), line.get(qn("w:color"))) == ("single", "E60012")


def test_pages_are_numbered_outside_right_on_odd_and_left_on_even_ones(word: Any) -> None:
    section = word.sections[0]
    assert word.settings.odd_and_even_pages_header_footer
    for footer, side in ((section.footer, "right"), (section.even_page_footer, "left")):
        paragraph = footer.paragraphs[0]
        assert paragraph.text == "— 1 —"
        assert [field.text for field in paragraph._p.iter(qn("w:instrText"))] == [" PAGE "]
        assert paragraph._p.pPr.find(qn("w:jc")).get(qn("w:val")) == side
        assert paragraph._p.pPr.find(qn("w:ind")).get(qn(f"w:{side}Chars")) == "100"


def test_a_table_says_its_heads_on_every_page_and_breaks_no_row(word: Any) -> None:
    assert word.tables
    for table in word.tables:
        assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
        assert all(row._tr.trPr.find(qn("w:cantSplit")) is not None for row in table.rows)
        assert sum(column.width.mm for column in table.columns) == pytest.approx(form.WIDTH, abs=0.5)


def test_a_picture_is_told_in_words_to_who_cannot_see_it(word: Any) -> None:
    told = [drawing.get("descr") for drawing in word.element.body.iter(qn("wp:docPr"))]
    assert len(told) == 4
    assert told[0].startswith("全年受理与办结。受理：1月 980件，")
    assert "7月 —" in told[0]


def test_attachments_begin_a_page_and_the_date_has_no_leading_nought(word: Any) -> None:
    attached = [p for p in word.paragraphs if p.text in (_("Attachment") + "1", _("Attachment") + "2")]
    assert [p.paragraph_format.page_break_before for p in attached] == [True, True]
    texts = [p.text for p in word.paragraphs]
    assert _("Attachment:") + "1. 各社区“三率”情况表" in texts
    assert "2026年7月3日" in texts


def test_the_imprint_stands_at_the_foot_of_the_last_page(word: Any) -> None:
    framed = [p for p in word.paragraphs if p._p.find(f".//{qn('w:framePr')}") is not None]
    assert [p.text for p in framed] == [
        _("Copies to: %(copies)s") % {"copies": "区纪委监委、区政务服务管理局。"},
        "长安街道办事处综合办公室\t" + _("Printed %(day)s") % {"day": "2026年7月3日"},
    ]
    last = framed[-1]._p.find(f".//{qn('w:framePr')}")
    bottom = (int(last.get(qn("w:y"))) + int(last.get(qn("w:h")))) / 1440 * 25.4
    assert bottom == pytest.approx(297 - form.BOTTOM, abs=0.1)
    assert framed[-1]._p.find(f".//{qn('w:pBdr')}/{qn('w:bottom')}") is not None


def test_only_a_draft_says_that_it_is_one(word: Any) -> None:
    section = word.sections[0]
    said = [header.paragraphs[0].text for header in (section.header, section.even_page_header)]
    assert said == [_("Draft: not signed, not for passing on")] * 2
    signed = read_word(docx.write(small()))
    assert "".join(p.text for p in signed.sections[0].header.paragraphs) == ""


def test_a_list_of_500_rows_is_whole() -> None:
    rows = tuple((i, f"第{i}件", i / 3) for i in range(500))
    paper = small(Table("清单", ("序号", "事项", "天数"), rows))
    table = read_word(docx.write(paper)).tables[0]
    assert len(table.rows) == 501
    pages = PdfReader(io.BytesIO(pdf.write(paper))).pages
    text = "".join(page.extract_text() for page in pages)
    assert all(f"第{i}件" in text for i in range(500))
    assert all("事项" in page.extract_text() for page in pages[:-1])  # the heads again on every page


@pytest.mark.parametrize("code", ["DEMO", "TYJ", "WMWM"])
def test_the_number_of_a_case_is_not_broken(code: str) -> None:
    numbers = [f"{code}-202610{n:02d}-00{n:02d}" for n in range(1, 20)]
    places = ("桐荫东里社区", "桐荫东里社区居委会", "物业管理>停车管理>地面停车位占用", "否")
    paper = small(Table("逾期件", ("诉求件", "社区", "单位", "类别", "说明原因"), tuple((n, *places) for n in numbers)))
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf.write(paper))).pages)
    assert [number for number in numbers if number not in text] == []


# The PDF.


def test_a_printed_page_is_that_of_the_standard_and_can_be_searched(printed: Any) -> None:
    assert [round(float(side)) for side in printed.pages[0].mediabox[2:]] == [595, 842]
    text = "".join(page.extract_text() for page in printed.pages)
    for words in ("长街通报〔2026〕7号", "一、总体情况", "（一）受理与办结", "2026年7月3日", "体育馆路"):
        assert words in text
    assert [f"— {number} —" in page.extract_text() for number, page in enumerate(printed.pages, 1)] == [True] * len(
        printed.pages
    )


def test_a_printed_page_is_told_to_who_cannot_see_it(printed: Any) -> None:
    about = printed.trailer["/Root"]
    assert printed.metadata.title == "长安街道办事处关于2026年6月“接诉即办”和作风建设整改情况的通报"
    assert about["/MarkInfo"]["/Marked"]
    assert str(about["/Lang"]).lower() == "zh-cn"
    assert "全年受理与办结。受理：1月 980件" in "".join(alternatives(about["/StructTreeRoot"]))


def alternatives(node: Any) -> list[str]:
    """What stands for pictures, from the tree of the tags."""
    node = node.get_object() if hasattr(node, "get_object") else node
    if isinstance(node, list):
        return [words for child in node for words in alternatives(child)]
    if not isinstance(node, dict):
        return []
    own = [str(node["/Alt"])] if "/Alt" in node else []
    return own + (alternatives(node["/K"]) if "/K" in node else [])


def test_every_font_of_a_printed_page_is_in_the_file(printed: Any) -> None:
    fonts = [font.get_object() for page in printed.pages for font in page["/Resources"]["/Font"].values()]
    assert fonts
    for font in fonts:
        described = font["/DescendantFonts"][0].get_object()["/FontDescriptor"]
        assert "/FontFile2" in described or "/FontFile3" in described


def test_a_full_page_has_22_lines_of_28_characters() -> None:
    page = PdfReader(io.BytesIO(pdf.write(sample.full_page()))).pages[1]
    lines = [line for line in page.extract_text().replace(" ", "").splitlines() if line and "—" not in line]
    assert [len(line) for line in lines] == [form.CHARACTERS] * form.LINES


def test_the_fonts_know_the_characters_of_the_national_standard() -> None:
    common = {bytes([row, cell]).decode("gb2312") for row in range(0xB0, 0xF8) for cell in range(0xA1, 0xFF)
              if not (row == 0xD7 and cell > 0xF9)}  # fmt: skip
    signs = set("，。、；：？！“”‘’（）《》〔〕【】—…·％℃①②③一二三0123456789abcXYZ%")
    known = {font.stem: set(TTFont(font, lazy=True).getBestCmap()) for font in typesetter.FONTS.glob("*.ttf")}
    assert len(known) == 3
    known["LXGWWenKai"] |= known["NotoSerifSC"]  # which stands in for it
    for font, characters in known.items():
        missing = {character for character in common | signs if ord(character) not in characters} - RARE
        assert not missing, f"{font} lacks {''.join(sorted(missing))}"


# What people write.


@pytest.mark.parametrize(
    "words", HOSTILE, ids=["formula", "surrogate", "direction", "typst", "xml", "long", "unbroken"]
)
def test_whatever_people_write_stands_in_the_papers_as_words(words: str) -> None:
    seen = form.clean(words)
    paper = small(
        Heading(1, words[:200]),
        Words(words),
        Table(words[:50], (words[:50], "数"), ((words, 1), (words[:300], None))),
        Picture("bars", words[:50], (words,), ((words[:50], (1,)),)),
        title=words[:100],
        signer=words[:40],
        attachments=(Attachment(words[:60], ()),),
    )
    assert seen in [p.text for p in read_word(docx.write(paper)).paragraphs]
    printed = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf.write(paper))).pages)
    assert seen[:12].strip() in printed.replace("\u200b", "")
    book = load_workbook(io.BytesIO(xlsx.write(Book((Sheet(words[:60], words, ("列",), ((words,),)),)))))
    cell = book.worksheets[0].cell(4, 1)
    assert cell.data_type == "s"
    assert not str(cell.value).startswith("=")


@pytest.mark.parametrize("words", HOSTILE)
def test_whatever_people_write_stands_in_the_boxes_of_a_form(words: str) -> None:
    paper = small(Form(((Box(words[:20], words[:40]), Box("乙")), (Box("丙", words, 3, words[:30]),))), slip=True)
    table = read_word(docx.write(paper)).tables[0]
    assert form.clean(words).strip() in table.cell(1, 1).text
    printed = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf.write(paper))).pages)
    assert form.clean(words)[:12].strip() in printed.replace("\u200b", "")


def test_a_slip_has_its_head_its_boxes_and_neither_title_nor_signature() -> None:
    boxes = Form(((Box("承办单位", "东园社区"), Box("责任人", "李敏")), (Box("答复", "", 4, "签名"),)))
    paper = small(boxes, slip=True)
    word = read_word(docx.write(paper))
    assert [p.text for p in word.paragraphs] == ["长安街道办事处", "长街通报〔2026〕7号\t2026年7月3日", ""]
    assert word.tables[0].cell(1, 1).text == "\n\n\n\n签名"
    (page,) = PdfReader(io.BytesIO(pdf.write(paper))).pages
    assert "通报\n" not in page.extract_text().replace("长街通报", "")
    assert (docx.write(paper), pdf.write(paper)) == (docx.write(paper), pdf.write(paper))


def test_a_box_keeps_room_to_write_in() -> None:
    assert form.boxed(Box("答复", "", 6), 0.85).blank == 6
    assert form.boxed(Box("答复", "一行", 6), 0.85).blank == 5
    assert form.boxed(Box("答复", "字" * 31, 6), 0.85).blank == 4
    assert form.boxed(Box("答复", "字" * 900, 6), 0.85).blank == 0


def test_what_is_empty_makes_a_paper_all_the_same() -> None:
    paper = small(
        Words(""), Table("空表", ("社区", "件数"), ()), Table("", (), ()), Picture("lines", "没有", (), ()),
        Picture("share", "没有", ("甲",), ()), letterhead="", document_no="", title="",
    )  # fmt: skip
    assert _("(none)") in [cell.text for cell in read_word(docx.write(paper)).tables[0].rows[1].cells]
    assert _("(none)") in PdfReader(io.BytesIO(pdf.write(paper))).pages[0].extract_text()
    assert load_workbook(io.BytesIO(xlsx.write(Book((Sheet("", "", (), ()),))))).sheetnames == ["—"]


@pytest.mark.parametrize("kind", ["bars", "stacked", "lines", "share"])
@pytest.mark.parametrize(
    "values",
    [(0, 0, 0), (None, None, None), (math.nan, math.inf, 1), (-5, 0, 3), (1e9, 1e-9, 1), (1,)],
    ids=["noughts", "gaps", "no numbers", "below nought", "far apart", "too few"],
)
def test_a_picture_is_drawn_of_any_figures(kind: PictureKind, values: tuple[float | None, ...]) -> None:
    picture = Picture(kind, "图", ("甲", "乙", "丙"), (("数", values),), "件")
    height, drawn = pictures.marks(picture)
    assert 10 < height < form.WIDTH * 1.3
    places = [value for mark in drawn for name, value in mark.items() if name in ("x", "y", "width", "height")]
    assert all(math.isfinite(place) and place >= 0 for place in places)
    assert Image.open(io.BytesIO(pictures.png(picture))).width > 1000
    assert xlsx.write(Book((Sheet("图", "图", ("甲",), (), (), picture),)))


def test_a_picture_with_too_many_bars_for_a_page_says_so() -> None:
    names = tuple(f"第{i}网格" for i in range(80))
    height, drawn = pictures.marks(Picture("stacked", "各网格", names, (("件", tuple(range(80))),)))
    assert height < 200
    assert any(
        mark["text"] == _("%(count)s more are not drawn.") % {"count": 55} for mark in drawn if mark["kind"] == "text"
    )


def test_bars_are_as_long_as_their_figures() -> None:
    _height, drawn = pictures.marks(Picture("bars", "图", ("甲", "乙"), (("", (10, 40)),)))
    short, long = (mark["width"] for mark in drawn if mark["kind"] == "rectangle")
    assert long == pytest.approx(4 * short)


# The workbook.


@pytest.fixture(scope="module")
def workbook() -> Any:
    return load_workbook(io.BytesIO(xlsx.write(sample.book())))


def test_a_workbook_keeps_figures_as_figures(workbook: Any) -> None:
    page = workbook["三率"]
    row = [page.cell(4, column) for column in range(1, 6)]
    assert [cell.value for cell in row] == ["和平里", 80, 0.98, 0.9, datetime(2026, 6, 1)]
    assert [cell.number_format for cell in row] == ["@", "#,##0", "0.0%", "0.0%", "yyyy-mm-dd"]
    assert page.cell(7, 4).value == "—"  # a rate that does not exist is not nought


def test_a_sheet_can_be_read_on_and_printed(workbook: Any) -> None:
    page = workbook["三率"]
    assert (page.freeze_panes, page.print_title_rows, page.page_setup.orientation) == ("B4", "$3:$3", "landscape")
    assert page.sheet_properties.pageSetUpPr.fitToPage
    assert page.column_dimensions["A"].width >= 8


def test_charts_are_drawn_from_figures_in_the_book(workbook: Any) -> None:
    assert [len(page._charts) for page in workbook.worksheets] == [1, 1, 1, 1, 0]
    figures = workbook[_("Figures of the charts")]
    assert [cell.value for cell in figures[2]][:3] == ["%", "响应率", "解决率"]
    chart = workbook["灯"]._charts[0]
    assert (chart.type, chart.grouping) == ("bar", "stacked")
    assert chart.series[0].val.numRef.f.endswith("!$B$12:$B$23")


def test_sheets_of_one_name_are_told_apart() -> None:
    sheets = tuple(Sheet(name, "", ("列",), ()) for name in ("和平里/社区", "和平里 社区", "x" * 40, "X" * 40))
    names = load_workbook(io.BytesIO(xlsx.write(Book(sheets)))).sheetnames
    assert names[:2] == ["和平里 社区", "和平里 社区 (2)"]
    assert len({name.casefold() for name in names}) == 4
    assert max(map(len, names)) <= 31


# The same content, the same file.


def test_the_same_paper_gives_the_same_bytes_whenever_it_is_written() -> None:
    files = []
    for moment in (datetime(2026, 7, 3, 8, tzinfo=UTC), datetime(2027, 1, 1, 20, 30, 5, tzinfo=UTC)):
        with time_machine.travel(moment, tick=False):
            files.append((docx.write(sample.bulletin()), pdf.write(sample.bulletin()), xlsx.write(sample.book())))
    assert files[0] == files[1]
    with ZipFile(io.BytesIO(files[0][0])) as archive:
        assert archive.namelist()[0] == "[Content_Types].xml"
        assert archive.testzip() is None


def test_another_word_gives_another_file() -> None:
    one, other = small(Words("一")), small(Words("二"))
    assert docx.write(one) != docx.write(other)
    assert pdf.write(one) != pdf.write(other)
