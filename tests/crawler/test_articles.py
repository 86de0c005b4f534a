"""Main text, attachments and the hash that only content changes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.articles import content_hash, read_article

URL = "http://www.shili.example/zfxxgknb/202201/t20220124_9.html"


def page(body, around="", meta=""):
    return (f"<html><head><title>x</title>{meta}</head><body><div class='nav'><a href='/'>首页</a>{around}</div>{body}"
            "<div class='footer'><a href='/help.pdf'>帮助</a></div></body></html>")


def carried(text):
    return [(entry.role, entry.url.removeprefix("http://www.shili.example/"), entry.name)
            for entry in read_article(text, URL).attached]


@pytest.mark.parametrize("container", ["<div class='TRS_Editor'>", "<div id='zoom'>", "<div id='UCAP-CONTENT'>",
                                       "<div class='view TRS_UEDITOR trs_paper_default'>", "<div id='vsb_content'>"])
def test_attachments_of_the_body_with_names_and_nothing_of_menus(container):
    text = page(f"""{container}<p>示例市教育局2021年政府信息公开工作年度报告全文如下。</p>
      <p><a href="./P020220124001.pdf">年度报告.pdf</a> <a href="../../index.html">返回</a>
      <a href="/module/download/downfile.jsp?classid=0&showname=%E5%B9%B4%E6%8A%A5.docx&filename=0a1b.docx">点击下载</a>
      <img src="./W020220124002.jpg" title="表三"><img src="/images/icon_pdf.png" width="16"></p></div>""")
    assert carried(text) == [
        ("attachment", "zfxxgknb/202201/P020220124001.pdf", "年度报告.pdf"),
        ("attachment", "module/download/downfile.jsp?classid=0&showname=%E5%B9%B4%E6%8A%A5.docx&filename=0a1b.docx",
         "年报.docx"),
        ("image", "zfxxgknb/202201/W020220124002.jpg", "表三")]


def test_attachments_beside_the_body():
    text = page("<div class='TRS_Editor'><p>全文见附件，示例市教育局，2022年1月。</p></div>"
                "<div class='fujian'><a href='a.doc'>1</a></div><div><a href='b.pdf'>附件：表格</a></div>"
                "<div class='hot'><a href='c.pdf'>其他文件</a></div>")
    assert [address for _, address, _ in carried(text)] == ["zfxxgknb/202201/a.doc", "zfxxgknb/202201/b.pdf"]


@pytest.mark.parametrize("viewer", [
    "<iframe src='./r.pdf'></iframe>", "<embed src='r.pdf'>", "<object data='r.pdf'></object>",
    "<iframe src='/pdfjs/web/viewer.html?file=/zfxxgknb/202201/r.pdf'></iframe>",
    "<div id='pdfshow' data-value='/zfxxgknb/202201/r.pdf'></div>"])
def test_files_in_viewers(viewer):
    assert carried(page(f"<div id='zoom'>{viewer}<p>示例</p></div>")) == [
        ("attachment", "zfxxgknb/202201/r.pdf", "r.pdf")]


FILE = "zfxxgknb/202201/r.pdf"


@pytest.mark.parametrize(("link", "name"), [
    ("<a href=\"javascript:download('/zfxxgknb/202201/r.pdf')\">年度报告</a>", "年度报告"),
    ("<a href='#' onclick=\"window.open('./r.pdf')\">年度报告</a>", "年度报告"),
    ("<a href='#' onclick=\"openAttach('12', '/zfxxgknb/202201/r.pdf', 1)\">年度报告</a>", "年度报告"),
    ("<a href='javascript:void(0)' data-href='./r.pdf'>附件</a>", "附件"),
    ("<button type='button' data-url='r.pdf'>下载</button>", "下载"),
    ("<a href='r.pdf#page=1'>全文</a>", "全文"),
    ("<a href='/onlinePreview?url=aHR0cDovL3d3dy5zaGlsaS5leGFtcGxlL3pmeHhna25iLzIwMjIwMS9yLnBkZg=='>预览</a>", "预览"),
    ("<object><param name='src' value='r.pdf'></object>", "r.pdf"),
    ("<iframe src='/v/show.html?pdf=/zfxxgknb/202201/r.pdf'></iframe>", "r.pdf"),
    ("<iframe src='https://viewer.example/op/view?src=http%3A%2F%2Fwww.shili.example%2Fzfxxgknb%2F202201%2Fr.pdf'>"
     "</iframe>", "r.pdf")])
def test_files_behind_scripts_and_viewers(link, name):
    assert carried(page(f"<div id='zoom'>{link}<p>全文见附件，示例市教育局，二〇二二年一月。</p></div>")) == [
        ("attachment", FILE, name)]


@pytest.mark.parametrize(("href", "shown"), [
    ("/api/v1/8a7f0c", "2021年年度报告.pdf"), ("/api/v1/8a7f0c", "年度报告.doc（32.5KB） 下载"),
    ("/attach/0/0a1b2c3d4e5f60718293a4b5c6d7e8f9", "附件1"), ("/file/download?id=7", "年度报告"),
    ("/download?fileId=7", "年度报告"), ("/eportal/ui/getFile?path=1", "年度报告"),
    ("/system/_content/download.jsp?urltype=news.DownloadAttachUrl&wbfileid=77", "附件【年度报告】")])
def test_files_whose_address_does_not_say_what_they_are(href, shown):
    text = f"<div id='zoom'><a href='{href}'>{shown}</a><p>全文见附件，示例市教育局，二〇二二年一月。</p></div>"
    assert carried(page(text)) == [("attachment", href.removeprefix("/"), shown)]


@pytest.mark.parametrize(("picture", "address"), [
    ("<img src='/s/loading.gif' data-original='./W1.jpg'>", "zfxxgknb/202201/W1.jpg"),
    ("<img src='./scan.webp'>", "zfxxgknb/202201/scan.webp"), ("<img src='/servlet/image?id=3'>", "servlet/image?id=3"),
    ("<img src='/images/pdf_page_1.jpg'>", "images/pdf_page_1.jpg"),
    ("<img src='data:image/png;base64,AAAA'>", ""), ("<img src='a.png' style='width: 20px'>", ""),
    ("<img src='./a.png' width='90%'>", "zfxxgknb/202201/a.png"), ("<img src='a.png' width='60px'>", ""),
    ("<img src='/images/pdf.gif'>", ""), ("<img src='/fileTypeImages/icon_doc.gif'>", "")])
def test_pictures_of_the_body(picture, address):
    found = carried(page(f"<div id='zoom'>{picture}<p>示例市教育局二〇二一年政府信息公开工作年度报告</p></div>"))
    assert [entry[:2] for entry in found] == ([("image", address)] if address else [])


@pytest.mark.parametrize(("frame", "frames"), [
    ("<iframe src='./body.html'></iframe>", ["http://www.shili.example/zfxxgknb/202201/body.html"]),
    ("<iframe src='/visitcount?i=1'></iframe>", []), ("<iframe src='./x.html' width='0' height='0'></iframe>", []),
    ("<iframe src='http://other.example/x.html'></iframe>", []), ("<iframe src='r.pdf'></iframe>", [])])
def test_frames_count_only_where_the_page_carries_nothing_itself(frame, frames):
    assert read_article(page(f"<div id='zoom'>{frame}</div>"), URL).frames == frames
    assert read_article(page(f"<div id='zoom'>{frame}{BODY * 8}</div>"), URL).frames == []


def hashed(text):
    article = read_article(text, URL)
    return content_hash([article], [])


BODY = "<p>收到政府信息公开申请31件，其中结转下年度继续办理3件，办结29件。</p>"


@pytest.mark.parametrize("container", ["<div class='TRS_Editor'>", "<div>"])
def test_counters_menus_and_scripts_change_nothing(container):
    one = page(f"{container}{BODY}</div><p>浏览次数：12</p><p>阅读 3 次</p><script>var a=1</script>",
               "<a href='/a'>旧</a>")
    two = page(f"{container}{BODY}\n</div><p>浏览次数：9912</p><p>阅读 44 次</p><script>var a=2</script>",
               "<a href='/b'>新</a>")
    assert hashed(one) == hashed(two)
    assert hashed(one) != hashed(one.replace("31件", "32件"))


@pytest.mark.parametrize("sign", "\x00\x01\x0b\x1f\ufffe\uffff")
def test_signs_that_are_no_text_change_nothing(sign):
    one = page(f"<div>{BODY}<script>var a=1</script>尾</div>", "")
    assert hashed(one) == hashed(one.replace("尾", f"{sign}尾{sign}"))


def test_a_changed_day_is_a_change():
    one = page(f"<div>发布日期：2022-01-24</div><div class='TRS_Editor'>{BODY}</div>")
    assert hashed(one) != hashed(one.replace("2022-01-24", "2022-03-24"))
    meta = page(f"<div id='zoom'>{BODY}</div>", meta="<meta name='PubDate' content='2022-01-24'>")
    assert hashed(meta) != hashed(meta.replace("2022-01-24", "2022-01-31"))


def test_attachments_enter_the_hash():
    article = read_article(page(f"<div id='zoom'>{BODY}</div>"), URL)
    assert len({content_hash([article], hashes) for hashes in ([], ["a"], ["b"], ["a", "b"])}) == 4


@given(st.text(max_size=200))
def test_any_page_is_survived(text):
    article = read_article(f"<html><body>{text}<div id='zoom'><a href='{text}'>{text}</a></div></body></html>", URL)
    assert len(content_hash([article], [])) == 64


def test_a_page_wrapped_in_a_form_keeps_its_text():
    wrapped = f"<html><body><form method='post'><div>{BODY * 9}</div></form><form>检索<input></form></body></html>"
    text = read_article(wrapped, URL).text
    assert "31件" in text
    assert "检索" not in text


def test_attachments_of_old_systems():
    text = page("<div id='vsb_content_2'><p>示例市教育局2021年度报告全文见附件。</p></div><ul><li>附件【"
                "<a href='/system/_content/download.jsp?urltype=news.DownloadAttachUrl&owner=1&wbfileid=77'>1.docx"
                "</a>】</li>"
                "<li>附件：<b>表</b><a href='/DownLoadFile.aspx?id=9'>表格</a></li></ul>")
    assert [address for _, address, _ in carried(text)] == [
        "system/_content/download.jsp?urltype=news.DownloadAttachUrl&owner=1&wbfileid=77", "DownLoadFile.aspx?id=9"]


@pytest.mark.parametrize("viewer", [
    "<script>PDFObject.embed('./r.pdf', '#box');</script>", "<script>var pdfUrl = \"r.pdf\";</script>",
    "<script>var p = new Pdfh5('#demo', {scale: 1, pdfurl: '/zfxxgknb/202201/r.pdf'});</script>",
    "<a href='/pdfjs/web/viewer.html?file=%2Fzfxxgknb%2F202201%2Fr.pdf'>查看全文</a>"])
def test_files_that_a_script_or_a_viewer_page_shows(viewer):
    assert [address for _, address, _ in carried(page(f"<div id='zoom'><p>示例市教育局2021年度报告，请在线查看。</p>"
                                                      f"{viewer}</div>"))] == ["zfxxgknb/202201/r.pdf"]


@pytest.mark.parametrize("named", [
    "id='UCAP-CONTENT'", "class='a TRS_UEDITOR b'", "class='trs_editor_view'", "class='TRS_Editor'", "id='zoom'",
    "class='Custom_UnionStyle'", "class='main-txt'", "id='vsb_content_2'", "class='v_news_content'", "class='wzcon'",
    "class='x-j-fontContent'", "id='ZOOM'", "id='con_con'", "class='bt_content'", "class='ewb-article-info'",
    "id='fontzoom'", "class='pages_content'", "class='news_content'"])
def test_bodies_of_known_systems_are_found_by_their_names(named):
    text = "正文内容" * 20
    found = read_article(page(f"<p>版权所有</p><div {named}><p>{text}</p></div>"), URL)
    assert found.text == text
    assert read_article(page(f"<p>版权所有</p><article>{text}</article>"), URL).text == text


def test_a_store_of_files_is_not_fetched_as_a_whole():
    links = "".join(f"<p><a href='/f/{number}.pdf'>文件{number}</a><a href='/f/{number}.pdf'>下载</a></p>"
                    for number in range(500))
    found = carried(page(f"<div id='zoom'><p>示例市教育局二〇二一年政府信息公开工作年度报告</p>{links}</div>"))
    assert len(found) == 60
    assert found[0] == ("attachment", "f/0.pdf", "文件0")
