"""A monthly bulletin as rich as they come, as plain values."""

from __future__ import annotations

from datetime import date

from supervision.papers.paper import Attachment, Block, Book, Break, Heading, Paper, Picture, Sheet, Table, Words

COMMUNITIES = (
    "和平里",
    "安定门",
    "交道口",
    "景山",
    "东华门",
    "北新桥",
    "东四",
    "朝阳门",
    "建国门",
    "东直门",
    "永定门外",
    "体育馆路",
)
LIGHTS = ("#2e7d32", "#f2b600", "#c62828")
LONG = (
    "本月，街道认真落实首问负责、限时办结、一次性告知制度，共受理居民诉求一千二百八十六件，办结一千一百九十四件，"
    "按时办结率为百分之九十六点三，较上月提高一点二个百分点，较去年同期提高四点五个百分点。"
)


def rates() -> Table:
    rows = tuple(
        (
            name,
            80 + 7 * i,
            78 + 6 * i,
            f"{98.2 - i * 0.7:.1f}%",
            f"{91.5 - i:.1f}%",
            None if i == 3 else f"{94 - i:.1f}%",
        )
        for i, name in enumerate(COMMUNITIES)
    )
    return Table("各社区“三率”情况", ("社区", "受理（件）", "办结（件）", "响应率", "解决率", "满意率"), rows)


def rectification(count: int = 14) -> Table:
    people = ("王秀英", "李建国", "张丽华", "刘志强")
    rows = tuple(
        (
            i + 1,
            "居民反映办事窗口未一次性告知所需材料，往返三次" if i % 2 else "来电未在规定时限内联系居民，也未说明原因",
            f"{COMMUNITIES[i % 12]}社区",
            people[i % 4],
            f"2026-07-{10 + i % 18:02d}",
            "重新培训窗口人员，公示材料清单，社区书记上门说明情况",
            "已销号" if i % 3 else "整改中",
        )
        for i in range(count)
    )
    return Table("作风问题整改清单", ("序号", "问题", "责任单位", "责任人", "时限", "措施", "状态"), rows)


def pictures() -> tuple[Picture, ...]:
    months = tuple(f"{month}月" for month in range(1, 13))
    return (
        Picture("stacked", "各社区红黄绿灯", COMMUNITIES,
                (("绿灯", tuple(range(60, 72))), ("黄灯", tuple(range(12))), ("红灯", (0, 1, 0, 2, 0, 0, 3, 0, 1, 0, 0, 4))),
                "件", LIGHTS),
        Picture("lines", "全年受理与办结", months,
                (("受理", (980, 1012, 1100, 1065, 1190, 1286, None, 1201, 1188, 1167, 1090, 1123)),
                 ("办结", (955, 1001, 1075, 1060, 1150, 1194, None, 1190, 1180, 1160, 1080, 1100))), "件"),
        Picture("bars", "响应率与解决率", COMMUNITIES[:6],
                (("响应率", (98.2, 97.5, 96.8, None, 95.4, 94.7)), ("解决率", (91.5, 90.5, 89.5, 88.5, 87.5, 86.5))), "%"),
        Picture("share", "诉求类别", ("物业服务", "环境卫生", "停车管理", "噪声扰民", "其他"),
                (("", (412, 306, 251, 188, 129)),), "件"),
    )  # fmt: skip


def bulletin(*, draft: bool = False, pages: int = 1) -> Paper:
    drawn = pictures()
    blocks: list[Block] = [
        Heading(1, "总体情况"),
        Words(LONG),
        Heading(2, "受理与办结"),
        Words(LONG + "\n" + LONG),
        drawn[1],
        Heading(2, "诉求来源和类别"),
        Heading(3, "来源"),
        Words("来自12345热线612件，来自“邻里办”网上提交402件，来自窗口和走访272件。"),
        Heading(3, "类别"),
        Heading(4, "物业服务"),
        Words(LONG),
        Heading(4, "环境卫生"),
        Words(LONG),
        drawn[3],
        Heading(1, "红黄绿灯与时限"),
        Words(LONG),
        drawn[0],
        Heading(1, "满意度与差评整改"),
        Words(LONG),
        rates(),
        drawn[2],
        Heading(1, "作风问题整改清单"),
        Words("本月新增整改问题十四项，已销号九项。"),
        rectification(),
        Heading(1, "通报表扬"),
        Words("对和平里社区、安定门社区予以通报表扬。"),
        Heading(1, "下月要求"),
        *[Words(LONG * 3) for _number in range(pages)],
    ]
    return Paper(
        letterhead="长安街道办事处",
        document_no="长街通报〔2026〕7号",
        mark="内部",
        title="长安街道办事处关于2026年6月\n“接诉即办”和作风建设整改情况的通报",
        to="各社区、各科室",
        blocks=tuple(blocks),
        attachments=(
            Attachment("各社区“三率”情况表", (rates(), Break(), Words(LONG))),
            Attachment("作风问题整改清单", (rectification(40),)),
        ),
        signer="长安街道办事处",
        day=date(2026, 7, 3),
        copies="区纪委监委、区政务服务管理局。",
        printed_by="长安街道办事处综合办公室",
        printed_day=date(2026, 7, 3),
        draft=draft,
    )


def book() -> Book:
    drawn = pictures()
    return Book(
        title="2026年6月整改通报附表",
        author="长安街道办事处",
        sheets=(
            Sheet(
                "三率", "各社区“三率”情况", ("社区", "受理", "响应率", "解决率", "日期"),
                tuple(
                    (name, 80 + i, 0.98 - i / 100, None if i == 3 else 0.9, date(2026, 6, i + 1))
                    for i, name in enumerate(COMMUNITIES)
                ),
                ("text", "number", "percent", "percent", "date"), drawn[2],
                "样本少于10件的不计算比率。",
            ),
            Sheet("灯", "红黄绿灯", ("社区", "绿灯", "黄灯", "红灯"),
                  tuple((name, 60 + i, i, i % 4) for i, name in enumerate(COMMUNITIES)),
                  ("text", "number", "number", "number"), drawn[0]),
            Sheet("趋势", "全年受理与办结", ("月份", "受理", "办结"), (("1月", 980, 955),),
                  ("text", "number", "number"), drawn[1]),
            Sheet("类别", "诉求类别", ("类别", "件数"), (("物业服务", 412),), ("text", "number"), drawn[3]),
        ),
    )  # fmt: skip


def full_page() -> Paper:
    """Nothing but text without a break, to count lines and characters."""
    return Paper("长安街道办事处", "", "试", (Words("街道为民办事" * 400),), "长安街道办事处", date(2026, 7, 3))
