"""Polite fetching into WARC: seeds and sitemaps, robots.txt, a rate for each host, resumed after a kill."""
