"""Addresses: one spelling for each; which machines are public."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqia.crawl import address


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("HTTP://A.Example", "http://a.example/"),
        ("http://a.example:80/x#y", "http://a.example/x"),
        ("https://a.example:443/", "https://a.example/"),
        ("https://a.example:80/", "https://a.example:80/"),
        (" http://a.example/a b?c d ", "http://a.example/a%20b?c%20d"),
        ("http://例子.example/中文?问=答", "http://xn--fsqu00a.example/%E4%B8%AD%E6%96%87?%E9%97%AE=%E7%AD%94"),
        ("http://a.example/%E4%B8%AD", "http://a.example/%E4%B8%AD"),
        ("http://[2001:DB8::1]:8080/", "http://[2001:db8::1]:8080/"),
        ("http://a.example/a\r\nb\tc", "http://a.example/abc"),
        ("http://a.example/a;b=;", "http://a.example/a;b=;"),
    ],
)
def test_one_spelling(url, normal):
    assert address.normal(url) == normal
    assert address.normal(normal) == normal


@pytest.mark.parametrize(
    "url",
    ["", "a.example", "/x", "ftp://a.example", "file:///etc/passwd", "javascript:alert(1)", "http://", "http:///x",
     "http://[::1", "http://a.example:99999/", "http://a.example:x/", "http://u@a.example/", "http://u:p@a.example/",
     "http://a..example/", "http://a example/", "http://a.example\\@b.example/", "http://" + "a" * 70 + ".example/",
     "http://a.example/" + "x" * 5000, "http://%31.example/", "gopher://127.0.0.1:25/"],
)  # fmt: skip
def test_what_is_no_address(url):
    with pytest.raises(address.BadAddressError):
        address.normal(url)


@given(st.text(max_size=60), st.sampled_from(["", "http://a.example/b/c?d"]))
def test_whatever_is_given_it_is_one_line_of_ascii_or_none(text, base):
    try:
        found = address.normal(text, base)
    except address.BadAddressError:
        return
    assert found.isascii()
    assert found.isprintable()
    assert " " not in found
    assert address.normal(found) == found


@pytest.mark.parametrize(
    ("ip", "public"),
    [
        ("8.8.8.8", True), ("2606:4700::1111", True),
        ("127.0.0.1", False), ("10.1.2.3", False), ("172.16.0.1", False), ("192.168.0.1", False), ("0.0.0.0", False),
        ("169.254.169.254", False), ("100.64.0.1", False), ("192.0.2.1", False), ("198.18.0.1", False),
        ("224.0.0.1", False), ("240.0.0.1", False), ("255.255.255.255", False),
        ("::1", False), ("::", False), ("fe80::1", False), ("fc00::1", False), ("fec0::1", False), ("ff02::1", False),
        ("::ffff:127.0.0.1", False), ("::ffff:8.8.8.8", True), ("64:ff9b::7f00:1", False), ("64:ff9b::808:808", True),
        ("2002:7f00:1::", False), ("2001:0:7f00:1::", False), ("2001:db8::1", False),
        ("::127.0.0.1", False), ("::8.8.8.8", True), ("::ffff:0:10.0.0.1", False), ("::ffff:0:8.8.8.8", True),
        ("64:ff9b:1::7f00:1", False), ("64:ff9b:1:fffe::808:808", True), ("64:ff9b:1:0:a:102:800:0", False),
        ("168.63.129.16", False), ("::ffff:168.63.129.16", False), ("168.63.129.17", True),
    ],
)  # fmt: skip
def test_which_machines_are_public(ip, public):
    assert address.public(ipaddress.ip_address(ip)) is public


@pytest.mark.parametrize(
    ("ip", "forbidden"),
    [
        ("169.254.169.254", True), ("169.254.0.1", True), ("fe80::1", True), ("fd00:ec2::254", True),
        ("100.100.100.200", True), ("::ffff:169.254.169.254", True), ("64:ff9b::a9fe:a9fe", True),
        ("2002:a9fe:a9fe::", True), ("192.0.0.192", True), ("168.63.129.16", True), ("::ffff:168.63.129.16", True),
        ("fd20:ce::254", True), ("fd00:ec2::23", True), ("64:ff9b:1::a9fe:a9fe", True),
        ("64:ff9b:1:fffe::a9fe:a9fe", True), ("64:ff9b:1:a9fe:a9:fe00::", True), ("64:ff9b:1:0:a9:fea9:fe00:0", True),
        ("::169.254.169.254", True), ("::ffff:0:169.254.169.254", True), ("::ffff:0:127.0.0.1", False),
        ("::", False), ("64:ff9b:1::7f00:1", False),
        ("127.0.0.1", False), ("10.1.2.3", False), ("192.168.0.1", False), ("::1", False), ("fd00::1", False),
        ("8.8.8.8", False),
    ],
)  # fmt: skip
def test_which_machines_nobody_may_ask(ip, forbidden):
    assert address.forbidden(ipaddress.ip_address(ip)) is forbidden
