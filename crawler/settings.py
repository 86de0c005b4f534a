"""Scrapy's settings: how we fetch. A scan's plan adds agent, delay, timeout and retries."""

from typing import Any

from crawler.conduct import user_agent
from crawler.model import ScanPlan

BOT_NAME = "nianbao"
SPIDER_MODULES = ["crawler.spiders"]
TWISTED_REACTOR = "twisted.internet.asyncioreactor.AsyncioSelectorReactor"

# Politeness is per host: one connection, a delay without jitter (jitter gave gaps of half a second).
CONCURRENT_REQUESTS = 256
CONCURRENT_REQUESTS_PER_DOMAIN = 1
DOWNLOAD_DELAY = 1.2
DOWNLOAD_DELAY_JITTER = 0.0
AUTOTHROTTLE_ENABLED = False  # slots.py: Scrapy's own forgets the delay a host asked for, and never calms after a 304
DOWNLOAD_TIMEOUT = 30
DOWNLOAD_MAXSIZE = 50 * 1024 * 1024
DOWNLOAD_WARNSIZE = 0
RETRY_TIMES = 2
DNS_TIMEOUT = 20
DOWNLOAD_VERIFY_CERTIFICATES = True
USER_AGENT = user_agent("")
DEFAULT_REQUEST_HEADERS = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
                           "Accept-Language": "zh-CN,zh;q=0.9"}

# Scrapy's own robots and redirect middlewares are replaced: they fetch on after a failed robots.txt, and follow
# redirects to anywhere at the first host's expense.
ROBOTSTXT_OBEY = False
REDIRECT_ENABLED = False
METAREFRESH_ENABLED = False
DOWNLOADER_MIDDLEWARES = {
    "crawler.middlewares.RegisteredHostsMiddleware": 60,
    "crawler.middlewares.RobotsMiddleware": 100,
    "crawler.middlewares.PatientRetryMiddleware": 550,
    "crawler.middlewares.HopRedirectMiddleware": 600,
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
    "scrapy.downloadermiddlewares.retry.RetryMiddleware": None,
}
TWISTED_DNS_RESOLVER = "crawler.slots.CheckedResolver"
REACTOR_THREADPOOL_MAXSIZE = 20
DOWNLOAD_HANDLERS = {"http": "crawler.tls.Handler", "https": "crawler.tls.Handler"}
ITEM_PIPELINES = {"crawler.pipelines.PortalPipeline": 300}

# No persistence of Scrapy's own (JOBDIR and the HTTP cache lost or froze pages): the portal is the durable unit.
COOKIES_ENABLED = False
HTTPCACHE_ENABLED = False
HTTPPROXY_ENABLED = False
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False
LOG_LEVEL = "WARNING"
RETRY_GIVE_UP_LOG_LEVEL = "INFO"


def for_plan(plan: ScanPlan) -> dict[str, Any]:
    """What a plan changes."""
    return {
        "USER_AGENT": user_agent(plan.contact), "DOWNLOAD_DELAY": plan.delay,
        "DOWNLOAD_TIMEOUT": plan.timeout, "RETRY_TIMES": plan.retries,
        "ALLOW_PRIVATE_ADDRESSES": plan.allow_private_addresses,
    }
