"""What a new deployment starts with and every office may change: the category tree and some reply templates."""

from __future__ import annotations

from typing import Any

# Two spaces a level; after the colon of the third level, words people use for it; in brackets, its time-limit policy.
CATEGORIES = """
环境卫生
  垃圾清运
    垃圾桶满溢: 垃圾 桶满 没人收 清运 异味
    大件垃圾堆放: 旧家具 沙发 床垫 装修垃圾 建筑垃圾
    垃圾分类投放: 分类 厨余 投放点 桶站
    分类桶站位置: 桶站 移位 扰民 窗下
  公共区域保洁
    楼道脏乱: 楼道 清扫 灰尘 卫生
    堆放杂物: 杂物 纸箱 占用楼道 废品
    小广告张贴: 小广告 牛皮癣 张贴 喷涂
    积水与淤泥: 积水 淤泥 水坑 排水不畅
  绿化养护
    树木修剪: 树枝 遮光 修剪 大树
    枯树与倒伏: 枯树 倒树 断枝 砸车
    绿地被占用: 毁绿 种菜 占绿
    虫害防治: 蚊虫 白蛾 打药 杨絮
  病媒与异味
    灭鼠灭蟑: 老鼠 蟑螂 消杀
    下水道异味: 臭味 反味 下水道 污水
    油烟扰民: 油烟 餐馆 排烟 烧烤
物业管理
  物业服务
    物业不作为: 物业 不管 推诿 没人
    物业收费: 物业费 收费 涨价 停车费
    保安与门禁: 保安 门禁 外来人员 快递
    物业更换: 换物业 选聘 解聘
  房屋维修
    屋面漏水: 漏雨 屋顶 顶楼 漏水
    外墙脱落: 外墙 保温层 墙皮 脱落
    上下水管堵漏: 下水 堵 反水 漏水 水管
    楼道设施损坏: 楼道门 扶手 窗户 对讲
  电梯
    电梯故障: 电梯 停运 故障 维修
    电梯困人: 困人 被困 电梯 [emergency]
    加装电梯: 加梯 加装 意见 一层
  业主自治
    业委会成立: 业委会 业主大会 物管会
    维修资金使用: 维修资金 公维金 大修
    公共收益公示: 公共收益 广告费 公示
市政设施
  道路
    路面坑洼: 路面 坑 破损 塌陷
    人行道破损: 人行道 地砖 盲道 松动
    井盖缺失松动: 井盖 缺失 响 松动
    无障碍坡道: 坡道 轮椅 无障碍 台阶
  照明
    路灯不亮: 路灯 不亮 灯杆
    楼道灯不亮: 楼道灯 声控灯 黑
  排水
    雨水箅子堵塞: 雨水口 箅子 积水 下雨
    污水外溢: 污水 外溢 化粪池 管道
  公共设施
    健身器材损坏: 健身器材 损坏 广场
    休闲座椅与凉亭: 座椅 长椅 凉亭
    晾衣架与车棚: 晾衣 车棚 电动车棚
    宣传栏与标牌: 宣传栏 指示牌 楼号
噪声扰民
  施工噪声
    夜间施工: 夜间 施工 工地 扰民
    装修噪声: 装修 电钻 午休
  社会生活噪声
    广场舞音响: 广场舞 音响 音量 唱歌
    商户音响与叫卖: 喇叭 叫卖 商铺 音响
    宠物吠叫: 狗叫 宠物 夜里
    邻里生活噪声: 楼上 跺脚 拖椅子 钢琴
  设备噪声
    水泵与电梯机房: 水泵 机房 低频 嗡嗡
    空调外机: 空调 外机 热风
停车秩序
  机动车停放
    占用消防通道: 消防通道 堵 车 占道
    乱停乱放: 乱停 违停 车位 堵门
    私装地锁: 地锁 私占 车位
    停车位不足: 车位 不够 夜间停车
    僵尸车: 僵尸车 废弃 长期停放
  非机动车停放
    电动车进楼: 电动车 上楼 电池 充电
    飞线充电: 飞线 充电 插线板
    共享单车堆放: 共享单车 堆 人行道
    充电桩不足: 充电桩 充电 排队
  交通秩序
    交通标线与隔离: 标线 护栏 减速带
    出行安全: 路口 红绿灯 学校门口
邻里纠纷
  居住纠纷
    漏水纠纷: 楼上漏水 赔偿 天花板
    通行与采光: 采光 通行 遮挡 相邻
    公共空间占用: 鞋柜 占楼道 公共 门口
    养宠纠纷: 遛狗 牵绳 粪便 咬人
  家庭与赡养
    赡养纠纷: 赡养 老人 子女 轮流
    婚姻家庭: 夫妻 吵架 家庭
  消费与租赁
    房屋租赁: 房租 押金 房东 租客
    群租与隔断: 群租 隔断 打隔断 合租
    预付卡消费: 预付卡 健身房 退款 跑路
民政社保
  社会救助
    低保与临时救助: 低保 救助 困难 补助
    残疾人服务: 残疾 补贴 轮椅 辅具
    退役军人服务: 退役 军人 优抚
  社会保险
    养老待遇认证: 养老金 认证 资格 社保
    医保参保与报销: 医保 报销 参保 异地
    灵活就业参保: 灵活就业 缴费 社保
  证明与户籍
    居住证明: 居住证明 开证明 盖章
    流动人口登记: 居住证 登记 租住
    计生与生育服务: 生育 服务登记 独生子女
  就业与住房
    就业帮扶: 找工作 就业 培训 招聘
    公租房与补贴: 公租房 租房补贴 申请
养老助残
  居家养老
    助餐送餐: 老年餐 送餐 食堂
    适老化改造: 扶手 适老 改造 防滑
    独居老人探访: 独居 探访 老人 联系不上
    助浴与护理: 护理 助浴 照料 失能
  养老待遇与卡证
    老年卡与高龄津贴: 老年卡 高龄津贴 办理
    养老驿站服务: 驿站 日间照料 活动
  助残服务
    无障碍出行: 轮椅 出行 电梯 坡道
    康复与辅具: 康复 辅具 申领
水电气热
  供水
    停水: 停水 没水 水压 [utility]
    水质异常: 水黄 水浑 异味 [utility]
    水压不足: 水压 小 高层 [utility]
  供电
    停电: 停电 没电 跳闸 [utility]
    线路老化: 电线 老化 打火 裸露 [utility]
  燃气
    燃气停供: 没气 停气 燃气 [utility]
    燃气泄漏: 燃气味 漏气 煤气 [emergency]
  供热
    暖气不热: 暖气 不热 室温 供暖 [utility]
    暖气漏水: 暖气 漏水 爆管 [utility]
    供热缴费与报停: 供热 缴费 报停 面积
安全隐患
  消防安全
    消防设施缺损: 灭火器 消火栓 应急灯
    楼道堆物堵塞: 楼道 堆物 疏散 消防
    电动车火灾隐患: 电动车 充电 起火 冒烟
  房屋与高空
    高空坠物: 高空 坠物 掉落 抛物 [emergency]
    违法建设: 违建 私搭 乱建 加盖
    危房与地下室: 危房 地下室 裂缝 住人
  公共安全
    流浪动物: 流浪狗 流浪猫 伤人
    可疑人员与诈骗: 诈骗 推销 可疑 保健品
    防汛与极端天气: 防汛 暴雨 大风 积雪 结冰
文体与公共服务
  文化活动
    活动场地预约: 活动室 预约 场地
    社区活动建议: 活动 建议 讲座 亲子
  教育与托管
    入学政策咨询: 入学 学区 报名
    课后托管: 托管 寒假 暑假 看护
  卫生健康
    家庭医生签约: 家庭医生 签约 卫生站
    疫苗接种咨询: 疫苗 接种 流感
工作作风
  服务态度
    态度生硬: 态度 不耐烦 生硬
    工作时间不在岗: 不在岗 没人 窗口
  办事效率
    推诿拖延: 推诿 拖延 不办 来回跑
    答复不及时: 没回音 答复 回复 电话没人接
  表扬感谢
    表扬工作人员: 表扬 感谢 锦旗
    表扬志愿者: 志愿者 感谢 好人好事
"""

REPLY_TEMPLATES = {
    "首次联系：已收到并开始办理": (
        "{resident}您好！您反映的“{title}”（编号{number}）已收到，由{responsible}负责办理，联系电话{phone}。"
        "我们会在{due}前答复您，期间如有新情况，请随时来电。"
    ),
    "已解决": (
        "{resident}您好！您反映的“{title}”（编号{number}）已处理完毕：（请写明做了什么、何时完成）。"
        "感谢您的反映和耐心等候。如发现问题反复，请拨打{phone}，我们继续处理。{responsible}"
    ),
    "部分解决，后续安排": (
        "{resident}您好！您反映的“{title}”（编号{number}）目前已完成：（已完成部分）；尚未完成的是：（未完成部分及原因），"
        "预计（时间）完成，完成后我们主动告知您。联系人{responsible}，电话{phone}。"
    ),
    "暂时不能解决的说明": (
        "{resident}您好！您反映的“{title}”（编号{number}）我们已到现场核实。受（政策规定／客观条件）所限，目前暂不能解决，"
        "具体原因是：（原因）。我们已将此事登记在册，条件具备时优先安排，并会主动联系您。给您带来的不便，敬请谅解。{responsible}，{phone}"
    ),
    "需要您补充材料": (
        "{resident}您好！办理“{title}”（编号{number}）还需要您提供：（一次写全所缺材料）。可送至社区服务站，也可拍照发送；"
        "行动不便的，我们可以上门取件。联系人{responsible}，电话{phone}。"
    ),
    "延期告知": (
        "{resident}您好！您反映的“{title}”（编号{number}）因（原因）需要更多时间，经批准，答复时间延至{due}。"
        "我们会在办理中向您通报进展。让您久等了，敬请谅解。{responsible}，{phone}"
    ),
    "办理进展": (
        "{resident}您好！向您通报“{title}”（编号{number}）的进展：（目前进展）。下一步：（安排）。"
        "我们仍将在{due}前给您正式答复。{responsible}，{phone}"
    ),
    "转有关单位办理": (
        "{resident}您好！您反映的“{title}”（编号{number}）涉及（单位）职责，我们已与该单位对接并移交，由{responsible}继续负责，"
        "电话{phone}。您不需要重复反映，我们会跟踪到底，并在{due}前答复您。"
    ),
    "同一事项告知进展": (
        "{resident}您好！您反映的“{title}”与此前登记的事项相同，正在合并办理，目前进展是：（进展）。"
        "编号{number}的办理结果将同时告知您。联系人{responsible}，电话{phone}。"
    ),
    "不属街道职责，告知渠道": (
        "{resident}您好！您反映的“{title}”（编号{number}）不属于街道和社区的职责范围，应由（单位）办理，"
        "联系电话（电话）。如在办理中遇到困难，请随时联系我们，{responsible}，{phone}，我们愿意协助您。"
    ),
    "咨询答复": (
        "{resident}您好！您咨询的“{title}”答复如下：（政策依据、办理条件、所需材料、地点和时间，一次说清）。"
        "如还有不清楚的地方，请拨打{phone}找{responsible}。"
    ),
    "感谢表扬与建议": (
        "{resident}您好！感谢您的“{title}”（编号{number}）。您的肯定和建议我们已转达相关同事，"
        "我们会继续把工作做细做实。{responsible}，{phone}"
    ),
}


def categories() -> list[tuple[str, str, str]]:
    """(path, keywords, policy) of every node, parents first."""
    found: list[tuple[str, str, str]] = []
    branch: list[str] = []
    for line in filter(str.strip, CATEGORIES.splitlines()):
        level = (len(line) - len(line.lstrip())) // 2
        name, _colon, words = line.strip().partition(":")
        words, _bracket, policy = words.partition("[")
        branch = [*branch[:level], name]
        found.append((">".join(branch), words.strip(), policy.rstrip("]")))
    return found


def plant(category: Any, template: Any) -> None:
    """Add what is missing, change nothing that is there. Takes the models, a migration's or the present ones."""
    known = {row.path: row for row in category.objects.all()}
    for path, keywords, policy in categories():
        if path in known:
            continue
        above, _mark, name = path.rpartition(">")
        known[path] = category.objects.create(
            path=path,
            name=name,
            level=path.count(">") + 1,
            parent_id=known[above].pk if above else None,
            keywords=keywords,
            policy=policy,
        )
    have = set(template.objects.filter(street=None).values_list("name", flat=True))
    template.objects.bulk_create(
        [template(name=name, body=body) for name, body in REPLY_TEMPLATES.items() if name not in have]
    )
