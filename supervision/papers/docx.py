"""A paper as a Word file in the form of GB/T 9704-2012.

Fonts cannot be put into the file: it names those every Chinese office has, and Word, WPS and LibreOffice put their own in
place of a missing one. Lines are 28.95 pt whatever the font, so that a page keeps its 22 lines.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterable
from datetime import UTC, datetime, time

from django.utils.translation import gettext as _
from docx import Document
from docx.document import Document as WordDocument
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_ALIGN_VERTICAL, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.enum.text import WD_BREAK, WD_LINE_SPACING, WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.section import Section
from docx.shared import Mm, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.table import Table as WordTable
from docx.table import _Cell as WordCell
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from supervision.papers import form
from supervision.papers.archive import settled
from supervision.papers.paper import Block, Box, Break, Form, Heading, Paper, Picture, Table, Words
from supervision.papers.pictures import png

FANG, KAI, HEI, SONG, BIAO = "仿宋_GB2312", "楷体_GB2312", "黑体", "宋体", "方正小标宋简体"
LATIN = "Times New Roman"
RED, GREY = RGBColor(0xE6, 0x00, 0x12), RGBColor(0x59, 0x59, 0x59)
PITCH = round(form.LINE * 20)  # twentieths of a point
# What a character has more or less than its 16 pt, in 4096ths of a point: 28 of them fill 156 mm.
SPACE = math.floor((form.WIDTH / 25.4 * 72 / form.CHARACTERS - form.BODY) * 4096)
CHARACTER = form.WIDTH / 25.4 * 72 / form.CHARACTERS
KEPT_STYLES = {"Normal", "Header", "Footer", "Title", "Table Grid", "Normal Table", "Caption", "Default Paragraph Font",
               "No List", "Heading 1", "Heading 2", "Heading 3", "Heading 4"}  # fmt: skip
# The grid is declared, as the standard asks, but no line leans on it: LibreOffice gives a character of 16 pt two cells of
# 15.79. Lines have their height from the style, and characters are set nearer by 0.3 pt: 28 in a line, not 29.
NEARER = -6
NARROW_GAP = 6  # points between words and a table without a title
SHORT_TABLE = 10  # rows
NEEDLESS = {"thumbnail", "stylesWithEffects", "customXml"}
ALIGNED = {"right": ALIGN.RIGHT, "center": ALIGN.CENTER, "left": ALIGN.LEFT}
HEADINGS = {1: HEI, 2: KAI, 3: FANG, 4: FANG}
FOOT, ROOM = (
    round((297 - form.BOTTOM) / 25.4 * 1440),
    40,
)  # where the text ends, and what a line of the imprint needs more
THICK, THIN = 8, 6  # eighths of a point: 0.35 mm and 0.25 mm


def write(paper: Paper) -> bytes:
    """1. page, grid and styles; 2. head; 3. title and text; 4. signature; 5. attachments; 6. imprint.

    A slip has its head and its blocks instead of 2. to 4.
    """
    document = Document()
    _strip(document)
    _style(document)
    _settings(document)
    _properties(document, paper)
    writer = _Writer(document)
    _page(document.sections[0], paper)
    if paper.slip:
        writer.slip(paper)
    else:
        writer.head(paper)
        writer.text(paper)
        writer.signature(paper)
    writer.attachments(paper)
    writer.imprint(paper)
    file = io.BytesIO()
    document.save(file)
    return settled(file.getvalue())


class _Writer:
    def __init__(self, document: WordDocument) -> None:
        self.document = document
        self.pictures = 0

    def head(self, paper: Paper) -> None:
        """The letterhead some 35 mm below the upper edge of the text, two blank lines before the number and the title."""
        self.line(paper.mark, font=HEI)
        if paper.letterhead:
            self.blank(2)
            letterhead = form.clean(paper.letterhead)
            size = form.letterhead_size(letterhead)
            head = self.line(letterhead, font=BIAO, size=size, align=ALIGN.CENTER, colour=RED)
            head.paragraph_format.line_spacing = Pt(2 * form.LINE)
            self.blank(2)
        number = self.line(paper.document_no, align=ALIGN.CENTER)
        _border(number, "bottom", 12, str(RED), space=11)
        self.blank(2)

    def slip(self, paper: Paper) -> None:
        letterhead = form.clean(paper.letterhead)
        size = min(form.letterhead_size(letterhead), form.SLIP_HEAD)
        head = self.line(letterhead, font=BIAO, size=size, align=ALIGN.CENTER, colour=RED)
        head.paragraph_format.line_spacing = Pt(1.5 * form.LINE)
        _border(head, "bottom", 12, str(RED), space=4)
        number = self.line(f"{form.clean(paper.document_no)}\t{form.day_words(paper.day)}", size=form.FORM)
        number.paragraph_format.space_before = Pt(4)
        number.paragraph_format.tab_stops.add_tab_stop(Mm(form.WIDTH), WD_TAB_ALIGNMENT.RIGHT)
        self.blocks(paper.blocks)

    def blank(self, lines: int = 1) -> None:
        for _number in range(lines):
            self.line("")

    def text(self, paper: Paper) -> None:
        for line in form.paragraphs(paper.title):
            self.line(line, style="Title")
        self.line("")
        if paper.to:
            self.line(f"{form.clean(paper.to)}：")
        self.blocks(paper.blocks)
        for number, line in enumerate(form.list_of_attachments([each.title for each in paper.attachments])):
            if not number:
                self.line("")
            self.line(line, indent=2)

    def signature(self, paper: Paper) -> None:
        day = form.day_words(paper.day)
        of_signer, of_day = form.sign_indents(form.clean(paper.signer), day)
        for _number in range(2):
            self.line("").paragraph_format.keep_with_next = True
        signer = self.line(paper.signer, align=ALIGN.RIGHT, right=of_signer)
        signer.paragraph_format.keep_with_next = True
        self.line(day, align=ALIGN.RIGHT, right=of_day)

    def attachments(self, paper: Paper) -> None:
        for number, each in enumerate(paper.attachments, 1):
            label = form.label(number, len(paper.attachments))
            self.line(label, font=HEI).paragraph_format.page_break_before = True
            self.blank()
            self.line(each.title, style="Title")
            self.line("")
            self.blocks(each.blocks)

    def imprint(self, paper: Paper) -> None:
        """The rows at the foot of the last page, wherever the text ends: every row a frame at its own height.

        LibreOffice lets neither a floating table nor a frame of rows with different lines stand apart.
        """
        rows = form.imprint(paper)
        heights = [(_lines(left) if not right else 1) * PITCH + ROOM for left, right in rows]
        for number, (left, right) in enumerate(rows):
            row = self.line(left + (f"\t{right}" if right else ""), size=form.SMALL)
            _frame(row, top=FOOT - sum(heights[number:]), height=heights[number])
            row.paragraph_format.left_indent = row.paragraph_format.right_indent = Pt(form.SMALL)
            row.paragraph_format.tab_stops.add_tab_stop(Mm(form.WIDTH) - Pt(form.SMALL), WD_TAB_ALIGNMENT.RIGHT)
            _border(row, "top", THIN if number else THICK)
            if number == len(rows) - 1:
                _border(row, "bottom", THICK)
        if rows:
            # What the frames hang on. LibreOffice takes what stands last in a file out of its frame.
            self.line("").paragraph_format.line_spacing = Pt(1)

    def blocks(self, blocks: Iterable[Block]) -> None:
        numbering = form.Numbering()
        for block in blocks:
            match block:
                case Heading():
                    self.heading(numbering.mark(block.level), block)
                case Words():
                    for words in form.paragraphs(block.text):
                        self.line(words, first=2, justified=True)
                case Table():
                    self.table(block)
                case Picture():
                    self.picture(block)
                case Form():
                    self.form(block)
                case Break():
                    self.document.add_paragraph().add_run().add_break(WD_BREAK.PAGE)

    def heading(self, mark: str, heading: Heading) -> None:
        level = min(max(heading.level, 1), 4)
        self.line(mark + form.clean(heading.text), style=f"Heading {level}", font=HEADINGS[level])

    def table(self, table: Table) -> None:
        self.caption(table.title)
        if not table.head:
            return
        if not table.title:
            self.line("").paragraph_format.line_spacing = Pt(NARROW_GAP)
        setting = form.setting(table)
        shares = list(setting.shares)
        sides = [ALIGNED[form.set_at(table, column)] for column in range(len(shares))]
        grid = self.document.add_table(rows=0, cols=len(shares), style="Table Grid")
        _fix(grid, shares)
        _fill(grid, table.head, shares, [ALIGN.CENTER] * len(shares), setting.size, head=True)
        for cells in form.cells(table):
            _fill(grid, cells, shares, sides, setting.size)
        if len(table.rows) <= SHORT_TABLE:
            _keep_together(grid)
        if not table.rows:
            _fill(grid, (form.nothing(), *[""] * (len(shares) - 1)), shares, sides, setting.size)
        _describe(grid, form.clean(table.title))
        self.line("").paragraph_format.line_spacing = Pt(form.LINE / 2)

    def form(self, asked: Form) -> None:
        """Rows may go on on the next page: what people write has no end that is known."""
        grid = self.document.add_table(rows=0, cols=len(form.FORM_SHARES), style="Table Grid")
        _fix(grid, list(form.FORM_SHARES))
        for row in asked.rows:
            cells = [WordCell(cell, grid) for cell in grid.add_row()._tr.tc_lst]
            shares = [form.FORM_SHARES[1], form.FORM_SHARES[3]]
            if len(row) == 1:
                cells[1:], shares = [cells[1].merge(cells[3])], [sum(form.FORM_SHARES[1:])]
            for place, (box, share) in enumerate(zip(row, shares, strict=True)):
                _cell(cells[2 * place], form.clean(box.label), side=ALIGN.CENTER, size=form.FORM, head=True)
                _box(cells[2 * place + 1], box, share)
        self.line("").paragraph_format.line_spacing = Pt(1)  # Word asks for a paragraph behind a table

    def caption(self, title: str) -> None:
        if title:
            self.line(title, style="Caption")

    def picture(self, picture: Picture) -> None:
        self.pictures += 1
        self.caption(picture.title)
        place = self.document.add_paragraph()
        place.alignment = ALIGN.CENTER
        place.paragraph_format.line_spacing_rule = WD_LINE_SPACING.SINGLE  # an exact line would cut the picture off
        place.paragraph_format.space_before = place.paragraph_format.space_after = Pt(6)
        drawn = place.add_run().add_picture(io.BytesIO(png(picture)), width=Mm(form.WIDTH))
        properties = drawn._inline.docPr
        properties.set("id", str(self.pictures))
        properties.set("name", f"{_('Picture')} {self.pictures}")
        properties.set("title", form.clean(picture.title))
        properties.set("descr", form.clean(picture.words))

    def line(
        self,
        text: str,
        *,
        style: str = "Normal",
        font: str = "",
        size: float = 0,
        align: ALIGN | None = None,
        colour: RGBColor | None = None,
        indent: float = 0,
        first: float = 0,
        right: float = 0,
        justified: bool = False,
    ) -> Paragraph:
        """One paragraph; indents in characters."""
        paragraph = self.document.add_paragraph(style=style)
        if align is not None or justified:
            paragraph.alignment = align if align is not None else ALIGN.JUSTIFY
        _indent(paragraph, left=indent, first=first, right=right)
        _write(paragraph, form.clean(text), font=font, size=size, colour=colour)
        return paragraph


def _write(
    paragraph: Paragraph, text: str, *, font: str = "", size: float = 0, colour: RGBColor | None = None
) -> Run | None:
    if not text:
        return None
    run = paragraph.add_run(text)
    _font(run._r.get_or_add_rPr(), font)
    if size:
        run.font.size = Pt(size)
    if colour is not None:
        run.font.color.rgb = colour
    return run


def _font(properties: BaseOxmlElement, name: str) -> None:
    """`name` for Chinese. The hint lets quotation marks and dashes be set as Chinese ones, a character wide."""
    fonts = properties.find(qn("w:rFonts"))
    if fonts is None:
        fonts = OxmlElement("w:rFonts")
        properties.insert(0, fonts)
    fonts.set(qn("w:hint"), "eastAsia")
    if name:
        for script in ("ascii", "hAnsi", "cs"):
            fonts.set(qn(f"w:{script}"), LATIN)
        fonts.set(qn("w:eastAsia"), name)
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{theme}"), None)


def _indent(paragraph: Paragraph, *, left: float = 0, first: float = 0, right: float = 0) -> None:
    """Indents both in characters, which Word follows, and in points for readers that do not know those."""
    asked = {"left": left, "firstLine": first, "right": right}
    if not any(asked.values()):
        return
    indents = paragraph._p.get_or_add_pPr().get_or_add_ind()
    for side, characters in asked.items():
        if characters:
            indents.set(qn(f"w:{side}Chars"), str(round(characters * 100)))
            indents.set(qn(f"w:{side}"), str(round(characters * CHARACTER * 20)))


def _border(paragraph: Paragraph, side: str, eighths: int, colour: str = "000000", space: int = 1) -> None:
    properties = paragraph._p.get_or_add_pPr()
    borders = properties.find(qn("w:pBdr"))
    if borders is None:
        borders = OxmlElement("w:pBdr")
        properties.insert_element_before(
            borders, "w:shd", "w:tabs", "w:suppressAutoHyphens", "w:kinsoku", "w:wordWrap", "w:overflowPunct",
            "w:topLinePunct", "w:autoSpaceDE", "w:autoSpaceDN", "w:bidi", "w:adjustRightInd", "w:snapToGrid", "w:spacing",
            "w:ind", "w:contextualSpacing", "w:mirrorIndents", "w:jc", "w:textDirection", "w:outlineLvl", "w:rPr",
        )  # fmt: skip
    borders.append(_edge(side, eighths, colour, space))


def _lines(text: str) -> int:
    return math.ceil(form.breadth(text) / (form.WIDTH / 25.4 * 72 / form.SMALL - 2))


def _frame(paragraph: Paragraph, *, top: int, height: int) -> None:
    """Across the width, at a height of the page, in twentieths of a point."""
    frame = OxmlElement("w:framePr")
    width = round(form.WIDTH / 25.4 * 1440)
    for name, value in (("w", width), ("h", height), ("hRule", "exact"), ("wrap", "around"), ("vAnchor", "page"),
                        ("hAnchor", "margin"), ("xAlign", "center"), ("y", top)):  # fmt: skip
        frame.set(qn(f"w:{name}"), str(value))
    properties = paragraph._p.get_or_add_pPr()
    properties.insert_element_before(
        frame, "w:widowControl", "w:numPr", "w:pBdr", "w:spacing", "w:ind", "w:jc", "w:rPr"
    )


def _edge(side: str, eighths: int, colour: str = "000000", space: int = 0) -> BaseOxmlElement:
    border: BaseOxmlElement = OxmlElement(f"w:{side}")
    for name, value in (("val", "single"), ("sz", eighths), ("space", space), ("color", colour)):
        border.set(qn(f"w:{name}"), str(value))
    return border


def _fix(grid: WordTable, shares: list[float]) -> None:
    grid.autofit = False
    grid.alignment = WD_TABLE_ALIGNMENT.CENTER
    for column, share in zip(grid.columns, shares, strict=True):
        column.width = Mm(form.WIDTH * share)


def _fill(
    grid: WordTable, cells: Iterable[str], shares: list[float], sides: list[ALIGN], size: float, *, head: bool = False
) -> None:
    row = grid.add_row()  # type: ignore[no-untyped-call]
    properties = row._tr.get_or_add_trPr()
    properties.append(OxmlElement("w:cantSplit"))
    if head:
        properties.append(OxmlElement("w:tblHeader"))
    # `row.cells` walks the whole table again for every row.
    for cell, text, share, side in zip(row._tr.tc_lst, cells, shares, sides, strict=True):
        cell.width = Mm(form.WIDTH * share)
        _cell(WordCell(cell, grid), form.clean(text), side=side, size=size, head=head)


def _cell(cell: WordCell, text: str, *, side: ALIGN, size: float, head: bool) -> None:
    cell.vertical_alignment = WD_ALIGN_VERTICAL.CENTER
    paragraph = cell.paragraphs[0]
    paragraph.style = "Table Text"
    paragraph.alignment = side
    _write(paragraph, text, font=HEI if head else "", size=0 if size == form.CELL else size)


def _box(cell: WordCell, box: Box, share: float) -> None:
    """Words from the left, blank lines, the foot at the right."""
    found = form.boxed(box, share)
    cell.vertical_alignment = WD_ALIGN_VERTICAL.CENTER if box.lines == 1 else WD_ALIGN_VERTICAL.TOP
    lines = [(words, ALIGN.LEFT) for words in (*found.words, *[""] * found.blank)] or [("", ALIGN.LEFT)]
    lines += [(foot, ALIGN.RIGHT) for foot in found.foot]
    for number, (words, side) in enumerate(lines):
        paragraph = cell.paragraphs[0] if not number else cell.add_paragraph()
        paragraph.style = "Table Text"
        paragraph.alignment = side
        paragraph.paragraph_format.line_spacing = Pt(form.FORM_LINE)
        paragraph.paragraph_format.space_before = Pt(0 if number else 3)
        paragraph.paragraph_format.space_after = Pt(3 if number == len(lines) - 1 else 0)
        if found.indent and words and side == ALIGN.LEFT:
            _indent(paragraph, first=found.indent)
        _write(paragraph, words, size=form.FORM)


def _keep_together(grid: WordTable) -> None:
    """A short table is moved to the next page rather than cut."""
    for row in grid._tbl.tr_lst[:-1]:
        for paragraph in row.iter(qn("w:p")):
            Paragraph(paragraph, grid).paragraph_format.keep_with_next = True


def _describe(grid: WordTable, title: str) -> None:
    """The name of the table for who cannot see it."""
    if title:
        caption = OxmlElement("w:tblCaption")
        caption.set(qn("w:val"), title)
        grid._tbl.tblPr.append(caption)


def _strip(document: WordDocument) -> None:
    """Without what the library's blank file brings along: a picture of it, the styles once more, data of its maker."""
    for relations in (document.part.package.rels, document.part.rels):
        for name, relation in list(relations.items()):
            if relation.reltype.rsplit("/", 1)[-1] in NEEDLESS:
                del relations[name]


def _style(document: WordDocument) -> None:
    styles = document.styles
    for style in list(styles):
        if style.name not in KEPT_STYLES:
            styles.element.remove(style.element)
    for link in list(styles.element.iter(qn("w:link"))):  # to styles of characters, which are gone
        link.getparent().remove(link)
    _defaults(styles.element)
    normal = _of(document, "Normal", FANG, form.BODY)
    normal.paragraph_format.line_spacing_rule = WD_LINE_SPACING.EXACTLY
    normal.paragraph_format.line_spacing = Pt(form.LINE)
    normal.paragraph_format.space_before = normal.paragraph_format.space_after = Pt(0)
    _off_grid(normal)
    _bring_nearer(normal, NEARER)
    normal.paragraph_format.widow_control = False  # holding lines together would leave pages with 21
    title = _of(document, "Title", BIAO, form.TITLE)
    title.paragraph_format.alignment = ALIGN.CENTER
    title.paragraph_format.line_spacing = Pt(form.TITLE_LINE)
    for border in title.element.iter(qn("w:pBdr")):
        border.getparent().remove(border)
        break
    for level, font in HEADINGS.items():
        heading = _of(document, f"Heading {level}", font, form.BODY)
        heading.paragraph_format.keep_with_next = True
        heading.paragraph_format.keep_together = False
        indents = heading.element.get_or_add_pPr().get_or_add_ind()
        indents.set(qn("w:firstLineChars"), "200")
        indents.set(qn("w:firstLine"), str(round(2 * CHARACTER * 20)))
    caption = _of(document, "Caption", HEI, form.SMALL)
    caption.paragraph_format.alignment = ALIGN.CENTER
    caption.paragraph_format.keep_with_next = True
    caption.paragraph_format.space_before, caption.paragraph_format.space_after = Pt(6), Pt(3)
    for other in (title, caption, _of(document, "Header", HEI, form.SMALL), _of(document, "Footer", SONG, form.SMALL)):
        _bring_nearer(other, 0)
    small = styles.add_style("Table Text", 1)
    small.base_style = styles["Normal"]
    small = _of(document, "Table Text", FANG, form.CELL)
    small.paragraph_format.line_spacing_rule = WD_LINE_SPACING.SINGLE
    small.paragraph_format.space_before = small.paragraph_format.space_after = Pt(2)
    _bring_nearer(small, 0)


def _of(document: WordDocument, name: str, font: str, size: float) -> ParagraphStyle:
    """The style of this name, plain but for its font and size."""
    style = document.styles[name]
    assert isinstance(style, ParagraphStyle)
    style.font.size = Pt(size)
    style.font.bold = style.font.italic = False
    style.font.color.rgb = RGBColor(0, 0, 0)
    style.paragraph_format.space_before = style.paragraph_format.space_after = Pt(0)
    properties = style.element.get_or_add_rPr()
    for spacing in [*properties.findall(qn("w:spacing")), *properties.findall(qn("w:kern"))]:
        properties.remove(spacing)
    _font(properties, font)
    return style


def _bring_nearer(style: ParagraphStyle, twentieths: int) -> None:
    spacing = OxmlElement("w:spacing")
    spacing.set(qn("w:val"), str(twentieths))
    style.element.get_or_add_rPr().insert_element_before(
        spacing, "w:w", "w:kern", "w:position", "w:sz", "w:szCs", "w:lang"
    )


def _off_grid(style: ParagraphStyle) -> None:
    """Neither grid nor punctuation beyond the margin."""
    for name in ("overflowPunct", "snapToGrid"):
        off = OxmlElement(f"w:{name}")
        off.set(qn("w:val"), "0")
        properties = style.element.get_or_add_pPr()
        properties.insert_element_before(off, "w:spacing", "w:ind", "w:contextualSpacing", "w:jc", "w:outlineLvl")


def _defaults(styles: BaseOxmlElement) -> None:
    properties = styles.find(f"{qn('w:docDefaults')}/{qn('w:rPrDefault')}/{qn('w:rPr')}")
    assert properties is not None
    _font(properties, FANG)
    # Word counts the characters of the grid from the size that stands here.
    for name in ("sz", "szCs"):
        size = properties.find(qn(f"w:{name}"))
        assert size is not None
        size.set(qn("w:val"), str(form.BODY * 2))
    language = properties.find(qn("w:lang"))
    if language is None:
        language = OxmlElement("w:lang")
        properties.append(language)
    language.set(qn("w:val"), "en-US")
    language.set(qn("w:eastAsia"), "zh-CN")


def _settings(document: WordDocument) -> None:
    settings = document.settings.element
    document.settings.odd_and_even_pages_header_footer = True
    spacing = settings.find(qn("w:characterSpacingControl"))
    if spacing is None:
        spacing = OxmlElement("w:characterSpacingControl")
        settings.insert_element_before(spacing, "w:savePreviewPicture", "w:compat", "w:rsids", "w:themeFontLang")
    spacing.set(qn("w:val"), "doNotCompress")  # punctuation keeps its whole character: 28 a line
    compat = settings.find(qn("w:compat"))
    if compat is None:
        compat = OxmlElement("w:compat")
        settings.insert_element_before(compat, "w:rsids", "w:themeFontLang", "w:clrSchemeMapping")
    for old in compat.findall(qn("w:compatSetting")):
        compat.remove(old)
    mode = OxmlElement("w:compatSetting")  # without it Word opens the file in the form of 2007
    for name, value in (
        ("name", "compatibilityMode"),
        ("uri", "http://schemas.microsoft.com/office/word"),
        ("val", 15),
    ):
        mode.set(qn(f"w:{name}"), str(value))
    compat.append(mode)
    for language in settings.findall(qn("w:themeFontLang")):
        language.set(qn("w:eastAsia"), "zh-CN")


def _properties(document: WordDocument, paper: Paper) -> None:
    day = datetime.combine(paper.day, time(), UTC).replace(tzinfo=None)
    about = document.core_properties
    about.title = form.clean(paper.title).replace("\n", " ")[:255]
    about.author = about.last_modified_by = form.clean(paper.signer)[:255]
    about.language = "zh-CN"
    about.comments = about.keywords = about.subject = ""
    about.created = about.modified = day
    about.revision = 1


def _page(section: Section, paper: Paper) -> None:
    section.orientation = WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(form.TOP), Mm(form.BOTTOM)
    section.left_margin, section.right_margin = Mm(form.LEFT), Mm(form.RIGHT)
    # The number stands 7 mm below the text.
    section.header_distance, section.footer_distance = Mm(20), Mm(form.BOTTOM - 7) - Pt(18)
    grid = section._sectPr.find(qn("w:docGrid"))
    if grid is None:
        grid = OxmlElement("w:docGrid")
        section._sectPr.append(grid)
    for name, value in (("type", "linesAndChars"), ("linePitch", PITCH), ("charSpace", SPACE)):
        grid.set(qn(f"w:{name}"), str(value))
    _number(section.footer.paragraphs[0], ALIGN.RIGHT, right=1)
    _number(section.even_page_footer.paragraphs[0], ALIGN.LEFT, left=1)
    if paper.draft:
        for header in (section.header, section.even_page_header):
            header.paragraphs[0].alignment = ALIGN.CENTER
            _write(header.paragraphs[0], form.draft_mark(), font=HEI, colour=GREY)


def _number(paragraph: Paragraph, align: ALIGN, *, left: float = 0, right: float = 0) -> None:
    paragraph.style = "Footer"
    paragraph.alignment = align
    paragraph.paragraph_format.line_spacing = Pt(18)
    _indent(paragraph, left=left, right=right)
    _write(paragraph, "— ", font=SONG, size=form.SMALL)
    for kind in ("begin", None, "separate", "1", "end"):
        run = _write(paragraph, " ", font=SONG, size=form.SMALL)
        assert run is not None
        run.text = ""
        run._r.append(_field(kind))
    _write(paragraph, " —", font=SONG, size=form.SMALL)


def _field(kind: str | None) -> BaseOxmlElement:
    if kind is None:
        instruction: BaseOxmlElement = OxmlElement("w:instrText")
        instruction.set(qn("xml:space"), "preserve")
        instruction.text = " PAGE "
        return instruction
    if kind == "1":
        shown: BaseOxmlElement = OxmlElement("w:t")
        shown.text = "1"
        return shown
    mark: BaseOxmlElement = OxmlElement("w:fldChar")
    mark.set(qn("w:fldCharType"), kind)
    return mark
