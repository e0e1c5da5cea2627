"""What can stand against a review, each in one sentence."""

from __future__ import annotations

from queries.trouble import Trouble


class OnlyForAdmins(Trouble):
    en = "{who} may not review questions."
    zh = "{who} 无权审阅问题。"
    hint_en = "The owner at this machine and administrators may: `souk members grant admin ...`."
    hint_zh = "本机所有者与管理员可以审阅: `souk members grant admin ...`。"


class NoSuchEntry(Trouble):
    en = "There is no question {id} in the review queue."
    zh = "审阅队列中没有 {id}。"
    hint_en = "`souk review` lists them; the first letters of an id are enough."
    hint_zh = "`souk review` 可列出全部, 编号只需写开头几位。"


class NoSuchKey(Trouble):
    en = "{key} is no key of the model."
    zh = "模型中没有 {key}。"
    hint_en = (
        "A metric (gmv), a word with several readings (sales), a dimension (category), a value (platform=jd)"
        " or a register (retention_rules). Nearest: {near}."
    )
    hint_zh = (
        "可以是指标 (gmv)、多义词 (sales)、维度 (category)、取值 (platform=jd) 或登记册 (retention_rules)。"
        "最接近的: {near}。"
    )


class WordTaken(Trouble):
    en = '"{word}" already means {meaning}.'
    zh = "“{word}”已有含义: {meaning}。"
    hint_en = "A word means one thing for everybody; what one person prefers is `souk preferences`."
    hint_zh = "一个词对所有人只有一个含义; 个人偏好请用 `souk preferences`。"


class WordUnfit(Trouble):
    en = '"{word}" cannot be a word: it is too short, a number, a pattern or somebody\'s data.'
    zh = "“{word}”不能作为词: 太短、是数字、是模式或含个人信息。"


class ChangesOthers(Trouble):
    en = '"{word}" would change how verified questions are read: {questions}.'
    zh = "“{word}”会改变已验证问题的理解: {questions}。"
    hint_en = "Choose a longer phrase that says what is meant."
    hint_zh = "请换用含义更明确的较长词组。"


class NotRead(Trouble):
    en = '"{question}" is not read yet: {words}.'
    zh = "“{question}”尚未读懂: {words}。"
    hint_en = "Add the missing word first: `souk review synonym ID WORD KEY`."
    hint_zh = "请先补充词义: `souk review synonym 编号 词 键`。"


class NotTheSame(Trouble):
    en = '"{first}" and "{second}" are not the same question: {why}.'
    zh = "“{first}”与“{second}”不是同一个问题: {why}。"
    hint_en = "`souk ask` shows how each is read."
    hint_zh = "可用 `souk ask` 查看各自的理解。"
