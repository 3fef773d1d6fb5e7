# ruff: noqa: E501  lists of samples
"""Write the generated sets in tests/data/moderation: evasions of listed words, personal data, business e-mails.

The sets written by hand (boundary, policy_texts, unsafe_zh, unsafe_en, injection) stand beside them and are not touched.
Run: python benchmarks/make_moderation_sets.py
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import opencc

from moderation.disguise import halves, sounds

FOLDER = Path(__file__).parent.parent / "tests" / "data" / "moderation"
ZH = [
    "赌博",
    "冰毒",
    "大麻",
    "枪支",
    "假币",
    "裸聊",
    "卖淫",
    "传销",
    "洗钱",
    "高利贷",
    "六合彩",
    "迷幻药",
    "代开发票",
    "办假证",
    "刷单兼职",
    "网络赌场",
    "枪支弹药",
    "色情网站",
    "套路贷",
    "海洛因",
]
EN = [
    "casino",
    "cocaine",
    "heroin",
    "escort",
    "ponzi",
    "counterfeit",
    "pornsite",
    "fentanyl",
    "loanshark",
    "ransomware",
]
ZH_CARRIERS = [
    "请问哪里有{}的渠道",
    "群里有人在推广{}，要不要看",
    "{}，联系我",
    "听说他最近在做{}生意",
    "这个平台可以{}吗？",
]
EN_CARRIERS = ["where can I find {} here", "best {} in town, join now", "{}", "ask him about the {} deal"]
LEVEL_ONE = [
    bytes((row, cell)).decode("gb2312")
    for row in range(0xB0, 0xD8)
    for cell in range(0xA1, 0xFF if row < 0xD7 else 0xFA)
]
SYMBOLS = "@#*·-_.|~+^/•★ "
STYLED = {
    "circled": 0x24D0,
    "bold": 0x1D41A,
    "script": 0x1D4EA,
    "double": 0x1D552,
    "sans": 0x1D5BA,
    "mono": 0x1D68A,
    "full": 0xFF41,
}
LOOK = str.maketrans({"a": "а", "c": "с", "e": "е", "o": "о", "p": "р", "x": "х", "i": "і", "s": "ѕ", "y": "у"})
GREEK = str.maketrans({"a": "α", "o": "ο", "n": "η", "i": "ι", "p": "ρ", "k": "κ", "v": "ν"})
INVISIBLE = ["\u200b", "\u200d", "\u00ad", "\ufe0f", "\u2060", "\U000e0061", "\u202e"]
traditional = opencc.OpenCC("s2t").convert


def styled(word: str, start: int) -> str:
    return "".join(chr(start + ord(char) - 97) if "a" <= char <= "z" else char for char in word)


def tier1(word: str, rng: random.Random) -> dict[str, str]:
    gap = rng.choice(SYMBOLS)
    place = rng.randrange(1, len(word))
    tricks = {
        "symbols": gap.join(word),
        "invisible": rng.choice(INVISIBLE).join(word),
        "one_invisible": word[:place] + rng.choice(INVISIBLE) + word[place:],
        "two_symbols": (gap + rng.choice("@#*·-_~")).join(word),
    }
    if word.isascii():
        tricks |= {name: styled(word, start) for name, start in STYLED.items()}
        tricks |= {
            "case": "".join(rng.choice([char, char.upper()]) for char in word),
            "upper": word.upper(),
            "cyrillic": word.translate(LOOK),
            "greek": word.translate(GREEK),
            "accents": "\u0301".join(word),
            "regional": "".join(chr(0x1F130 + ord(char) - 97) for char in word),
        }
    else:
        tricks |= {
            "traditional": traditional(word),
            "one_symbol": word[:place] + gap + word[place:],
            "wide_space": "\u3000".join(word),
            "punctuation": "，".join(word),
            "marks": "\u0336".join(word),
            "emoji": "🔥".join(word),
        }
    return tricks


def tier2(word: str, rng: random.Random) -> dict[str, str]:
    times = 3 if word.isascii() else 2
    tricks = {
        "repeats": "".join(char * times for char in word),
        "last_repeats": word + word[-1] * 3,
        "entities": "".join(f"&#{ord(char)};" for char in word),
        "hex_entities": "".join(f"&#x{ord(char):x};" for char in word),
        "one_entity": f"&#{ord(word[0])};" + word[1:],
        "bold_one": f"**{word[0]}**{word[1:]}",
        "bold_between": "****".join(word),
        "tags": "".join(f"<b>{char}</b>" for char in word),
        "one_tag": f"{word[0]}<span style='x'></span>{word[1:]}",
        "code": "".join(f"`{char}`" for char in word),
        "comment": f"{word[0]}<!-- x -->{word[1:]}",
        "escape": "".join(f"\\u{ord(char):04x}" for char in word),
        "nbsp": "&nbsp;".join(word),
        "strike": "".join(f"~~{char}~~" for char in word),
    }
    if not word.isascii():
        tricks["percent"] = "".join(f"%{byte:02X}" for byte in word.encode())
    return tricks


def tier3(word: str, rng: random.Random) -> dict[str, str]:
    """Disguises that only a guess undoes. Which characters sound alike is the product's own table's word."""
    if word.isascii():
        swaps = {"a": "4@", "e": "3", "i": "1!", "o": "0", "s": "5$", "t": "7"}
        places = [index for index, char in enumerate(word) if char in swaps]
        one = rng.choice(places)
        return {
            "leet": "".join(rng.choice(swaps[char]) if char in swaps else char for char in word),
            "leet_one": word[:one] + rng.choice(swaps[word[one]]) + word[one + 1 :],
        }
    place = rng.randrange(len(word))
    sound = {char: sounds()[ord(char)] for char in word}
    alike = [char for char in LEVEL_ONE if sounds().get(ord(char)) == sound[word[place]] and char != word[place]]
    tricks = {
        "pinyin": "".join(sound[char] for char in word),
        "pinyin_spaced": " ".join(sound[char] for char in word),
        "pinyin_one": word[:place] + sound[word[place]] + word[place + 1 :],
    }
    if alike:
        tricks["homophone"] = word[:place] + rng.choice(alike) + word[place + 1 :]
    parts = {whole: pair for pair, whole in halves().items()}
    if any(char in parts for char in word):
        tricks["halves"] = "".join(parts.get(char, char) for char in word)
    return tricks


def evasions(make: Callable[[str, random.Random], dict[str, str]], seed: int) -> list[dict[str, str]]:
    rng = random.Random(seed)
    rows = []
    for word in [*ZH, *EN]:
        for trick, form in make(word, rng).items():
            carrier = rng.choice(EN_CARRIERS if word.isascii() else ZH_CARRIERS)
            rows.append({"text": carrier.format(form), "term": word, "trick": trick})
    return rows


def resident(rng: random.Random) -> str:
    body = (
        rng.choice(["110105", "310101", "440305", "510104", "330106", "420102"])
        + f"{rng.randint(1960, 2004)}{rng.randint(1, 12):02d}{rng.randint(1, 28):02d}{rng.randint(0, 999):03d}"
    )
    return body + "10X98765432"[sum(int(d) * (2 ** (17 - i) % 11) for i, d in enumerate(body)) % 11]


def card(rng: random.Random, size: int = 19) -> str:
    body = rng.choice(["622202", "621700", "622848", "456351", "411111", "521234"]) + "".join(
        rng.choice("0123456789") for _ in range(size - 7)
    )
    total = sum(
        (int(d) * 2 - 9 if int(d) > 4 else int(d) * 2) if i % 2 == 0 else int(d) for i, d in enumerate(reversed(body))
    )
    return body + str(-total % 10)


def company(rng: random.Random) -> str:
    letters = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    body = (
        rng.choice(["91", "92", "12"])
        + rng.choice(["110108", "310115", "440300", "330100"])
        + "".join(rng.choice(letters) for _ in range(9))
    )
    return body + letters[-sum(letters.index(char) * (3**i % 31) for i, char in enumerate(body)) % 31]


def personal(seed: int) -> list[dict[str, object]]:
    rng = random.Random(seed)
    wide = str.maketrans("0123456789", "０１２３４５６７８９")
    rows: list[dict[str, object]] = []

    def add(kind: str, value: str, *texts: str) -> None:
        rows.extend({"kind": kind, "values": [value], "text": text.format(value)} for text in texts)

    for _ in range(12):
        mobile = rng.choice(["138", "139", "150", "186", "177", "199", "165"]) + "".join(
            rng.choice("0123456789") for _ in range(8)
        )
        add("mobile", mobile, "他的手机号是{}，请记一下", "请拨打{}找王工", "联系人{}（微信同号）", "打{}")
        add("mobile", f"{mobile[:3]} {mobile[3:7]} {mobile[7:]}", "电话：{}", "可以打{}吗")
        add("mobile", f"{mobile[:3]}-{mobile[3:7]}-{mobile[7:]}", "手机{}随时在")
        add("mobile", f"+86 {mobile}", "国际格式{}可用")
        add("mobile", mobile.translate(wide), "手机号{}已登记")
        person = resident(rng)
        add("id_card", person, "身份证号{}已核验", "{}是他的证件", "请核对身份证：{}。")
        add("id_card", f"{person[:6]} {person[6:14]} {person[14:]}", "身份证{}")
        number = card(rng)
        add("bank_card", number, "卡号{}请核对", "工资打到{}这张卡")
        add("bank_card", " ".join(number[i : i + 4] for i in range(0, 19, 4)), "银行卡号：{}")
        add("bank_card", card(rng, 16), "信用卡{}的账单")
        add("company_code", company(rng), "统一社会信用代码{}", "开票税号：{}，抬头如下")
        user = rng.choice(["zhangsan", "li.si", "wang_wu88", "hr-team", "a.b.c"])
        add(
            "email",
            f"{user}@{rng.choice(['corp.com', 'example.com.cn', 'mail.qq.com', 'sub.company.co'])}",
            "邮箱{}请联系",
            "发到{}。",
            "抄送（{}）即可",
        )
        add(
            "passport",
            rng.choice("EG") + "".join(rng.choice("0123456789") for _ in range(8)),
            "护照号{}",
            "他的护照号码为{}，有效期十年",
        )
        add(
            "plate",
            rng.choice("京沪粤浙苏川")
            + rng.choice("ABCDE")
            + rng.choice(["", "·"])
            + "".join(rng.choice("0123456789") for _ in range(5)),
            "车牌{}请移车",
            "访客车辆{}已登记",
        )
        add(
            "plate",
            rng.choice("京沪粤浙") + rng.choice("ABC") + "D" + "".join(rng.choice("0123456789") for _ in range(5)),
            "新能源车{}停在门口",
        )
        add(
            "ip",
            f"{rng.choice([10, 172, 192, 61, 114])}.{rng.randint(1, 250)}.{rng.randint(1, 250)}.{rng.randint(1, 250)}",
            "地址{}不可达",
            "从{}登录过",
            "IP：{}，请封禁",
        )
        add(
            "address",
            rng.choice(
                [
                    "北京市海淀区中关村大街27号1101室",
                    "上海市浦东新区世纪大道100号20楼",
                    "广东省深圳市南山区科技园路5号3栋602室",
                    "浙江省杭州市西湖区文三路90号",
                ]
            ),
            "他住在{}",
            "家庭住址：{}",
            "快递寄到{}，谢谢",
        )
        add(
            "phone",
            f"0{rng.choice(['10', '21', '755', '571'])}-{rng.randint(20000000, 89999999)}",
            "座机{}",
            "传真：{}",
            "请致电{}转8001",
        )
        add(
            "name",
            rng.choice(["张伟", "王小明", "李秀英", "欧阳娜"][:3]),
            "姓名：{}，部门：财务",
            "联系人：{}，电话见下",
        )
        add(
            "secret",
            "AKIA" + "".join(rng.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") for _ in range(16)),
            "密钥是{}请保存",
        )
        add(
            "secret",
            "ghp_" + "".join(rng.choice("abcdefghijABCDEFGHIJ0123456789") for _ in range(36)),
            "token {} 已泄露",
        )
    return rows


NOT_PERSONAL = [
    "金额13812345678元已到账",
    "版本号13800138000发布",
    "会议ID 138 1234 5678，密码 8888",
    "订单号13912345678已发货",
    "流水号6222021234567890123查询",
    "工单编号 15012345678 已关闭",
    "共计15012345678次请求",
    "时间戳 1700000000000 对应哪一天",
    "1234567890123456 不是有效卡号",
    "4111111111111112 校验失败",
    "身份证号的第18位是校验码",
    "110105194912310021 校验不通过",
    "客服热线 95588 转人工",
    "拨打 12345 市民热线",
    "报警请打 110，火警 119",
    "400-800-1234 是全国热线",
    "版本 1.2.3.4 修复了问题",
    "升级到 v10.2.3.4 以上",
    "127.0.0.1 是本机地址",
    "0.0.0.0 表示监听所有网卡",
    "子网掩码 255.255.255.0",
    "http://10.0.1.4:2379/dashboard 打开面板",
    "第3.1.2节说明了流程",
    "GB/T 22239-2019 标准",
    "合同编号 HT-2024-00138",
    "发票代码 011002100311",
    "2024-01-15 10:30:00 上线",
    "圆周率 3.14159265358979",
    "订单 20240115103000123456",
    "UUID 550e8400-e29b-41d4-a716-446655440000",
    "哈希 5d41402abc4b2a76b9719d911017c592",
    "提交 a94a8fe5ccb19ba61c4c0873d391e987982fbbd3",
    "@所有人 明天开会",
    "user@host 是 ssh 的写法",
    "邮箱格式应为 用户名@域名",
    "京东物流已发货",
    "浙江大学排名第几",
    "京A 牌照怎么申请",
    "粤港澳大湾区规划",
    "他住在北京",
    "公司位于上海市",
    "北京市海淀区政府的职责",
    "第27号文件",
    "联系人请填写完整",
    "姓名不能为空",
    "申请人应当提交材料",
    "姓名、性别、年龄",
    "本人承诺以上属实",
    "密码不能少于8位",
    "password: your_password",
    'api_key = os.environ["API_KEY"]',
    "token 有效期为 7200 秒",
    "密钥长度 256 位",
    "export TOKEN=<your-token>",
    "SELECT * FROM t WHERE id = 13812345678901",
    "端口范围 30000-32767",
    "坐标 116.397428,39.90923",
    "房间 1101 室在十一楼",
    "第 3 号楼 2 单元",
    "公里数 138123 公里",
    "售价 1380 元 一 套",
    "电压 220-240 V",
    "一二三四五六七八九十",
    "三八妇女节放假安排",
    "QQ 群怎么建",
    "微信支付怎么开通",
    "护照办理流程",
    "护照有效期是多少年",
    "车牌号怎么查违章",
    "身份证丢了怎么补办",
    "银行卡限额是多少",
    "统一社会信用代码是什么",
    "ISBN 978-7-111-40701-0",
    "条码 6901234567892",
    "型号 SM-G9500 的参数",
    "订单号：6222020200012345678",
    "1 2 3 4 5 6 7 8 9 10 11 12",
    "2021-2022-2023 三年数据",
    "0755 是深圳的区号",
    "运单号 75312345678901 已签收",
    "税率 13% 和 9%",
    "8.8.8 版本说明",
    "ACME-138-1234-5678 料号",
    "12,345,678.90 元",
    "+1 的意思是赞同",
    "10.1.1 小节",
    "IPv4 与 IPv6 的区别",
]

OPENINGS = [
    "王经理，您好：",
    "各位同事：",
    "尊敬的客户：",
    "张总：",
    "Hi team,",
    "Dear Ms. Chen,",
    "Hello all,",
    "李老师您好，",
]
BODIES_ZH = [
    "附件是本季度的销售报表，请您在周五前审阅并反馈意见。",
    "关于下周一的产品评审会，会议室改到三楼大会议室，请准时参加。",
    "贵司的付款已收到，发票将于三个工作日内寄出，请注意查收。",
    "年度体检安排在本月下旬，请各部门统计人数后报给人力资源部。",
    "项目二期的合同草案已拟好，法务正在审核违约责任条款。",
    "请提醒新员工完成信息安全培训，重点是防范钓鱼邮件和弱口令。",
    "上周的系统故障已定位，原因是数据库连接池耗尽，补丁今晚发布。",
    "根据反商业贿赂制度，收到供应商礼品须在两日内申报登记。",
    "差旅报销请附原始发票，超标部分需要部门负责人书面批准。",
    "仓库盘点发现少了两箱扫码枪，请采购部核对入库单。",
    "公司严禁在办公场所赌博、酗酒，违者按员工手册处理。",
    "感谢您对我们产品的支持，随信附上报价单和交货周期。",
    "本周五下午举办消防演练，听到警报后请按路线撤离。",
    "客户反映登录页面打不开，请研发排查负载均衡配置。",
    "请假申请已批准，工作请先移交给小刘，祝旅途愉快。",
    "新版考勤制度自下月起实施，迟到三次以上将影响绩效。",
    "市场部计划投放新一轮广告，预算控制在二十万元以内。",
    "洗钱风险自评估问卷请于月底前填完并交合规部。",
    "我们对比了三家供应商，质量相近，建议选择交期最短的一家。",
    "培训教室的空调坏了，维修人员明天上午到场。",
]
BODIES_EN = [
    "Please find attached the minutes of yesterday's meeting and let me know if anything is missing.",
    "The release is moved to Thursday because two regression tests are still failing.",
    "Could you confirm the delivery address before we ship the replacement parts?",
    "Our security team will run a phishing awareness training next Tuesday; attendance is required.",
    "The invoice was paid on Monday, so the account should be up to date.",
    "As a reminder, gifts above fifty dollars must be declared under the anti-bribery policy.",
    "We killed the stuck process on the build server and the pipeline is green again.",
    "The customer asked for a discount of ten percent; I suggest we offer five.",
    "Parking spaces are limited during the renovation, so please use public transport.",
    "The drug testing policy for drivers has been updated; see section four of the handbook.",
]
CLOSINGS = ["谢谢！", "如有问题请随时联系。", "此致 敬礼", "Best regards", "祝好", "Thanks a lot"]


def emails(seed: int) -> list[dict[str, str]]:
    rng = random.Random(seed)
    rows = []
    for number in range(100):
        bodies = BODIES_EN if number % 3 == 2 else BODIES_ZH
        lines = [rng.choice(OPENINGS), *rng.sample(bodies, 3), rng.choice(CLOSINGS)]
        rows.append({"text": "\n".join(lines)})
    return rows


def write(name: str, rows: list[dict[str, object]] | list[dict[str, str]]) -> None:
    lines = [json.dumps({"id": f"{name}-{index}", **row}, ensure_ascii=False) for index, row in enumerate(rows)]
    (FOLDER / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    write("evasion_tier1", evasions(tier1, 1))
    write("evasion_tier2", evasions(tier2, 2))
    write("evasion_tier3", evasions(tier3, 5))
    write("pii_positive", personal(3))
    write("pii_negative", [{"text": text} for text in NOT_PERSONAL])
    write("business_emails", emails(4))
    (FOLDER / "terms.tsv").write_text("".join(f"{word}\tlisted\n" for word in [*ZH, *EN]), encoding="utf-8")
