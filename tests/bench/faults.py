"""Faults tried and what was lost: `python -m tests.bench.faults` runs the tests behind every line and prints the table.

`--list` prints it without running; `--only WORD` takes the lines that hold the word. A test fails where anything that
was acknowledged is lost, doubled or taken for what it isn't, so the last column is what they found. Exit 1 where one
failed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of fault: where it strikes, what must come of it, and the tests that try it."""

    kind: str
    where: str
    then: str
    tests: tuple[str, ...]


_STRIKES = "tests/monitor/faults/test_strikes.py::"
_WIRE = "tests/monitor/faults/test_wire.py::"
_DAMAGE = "tests/monitor/faults/test_damage.py::"
_RESUME = "tests/crawler/test_resume.py::"
_CLUSTER = "tests/monitor/test_cluster.py::"
_LIMITS = "tests/extract/test_limits.py::"
TABLE = (
    Fault("kill -9", "scan: command, child, both, at random", "no page lost, none fetched twice",
          (f"{_RESUME}test_kill_9_at_any_moment_loses_nothing_and_repeats_nothing",
           f"{_RESUME}test_a_short_kill_loop", "tests/test_main_job.py::test_a_killed_scan_goes_on_where_it_was")),
    Fault("kill -9", "reading, judging, queueing, tidying, at each act", "the next call comes to the same tables",
          (f"{_STRIKES}test_the_store_keeps_what_it_held_and_goes_on",
           "tests/monitor/test_rejudging.py::test_a_run_that_was_killed_goes_on_where_it_stopped")),
    Fault("kill -9", "reading processes of documents", "read again; the document is not blamed",
          ("tests/monitor/faults/test_guard.py", f"{_LIMITS}test_a_helper_that_dies_is_started_again")),
    Fault("kill -9", "sending mail, at each act", "every mail arrives; a repeated one is the same to the byte",
          (f"{_STRIKES}test_mails_are_sent_and_a_repeated_one_is_the_same",
           "tests/monitor/alerts/test_outbox.py::test_a_crash_after_acceptance_sends_the_very_same_mail_again")),
    Fault("kill -9", "backup, restore, at each act", "whole copies only; one whole database, or it is said what to do",
          (f"{_STRIKES}test_copies_are_whole_or_absent",
           f"{_STRIKES}test_restoring_leaves_one_whole_database_or_says_what_to_do")),
    Fault("kill -9", "exports, importing a list, at each act", "whole or absent",
          (f"{_STRIKES}test_exports_are_whole_or_absent",
           f"{_STRIKES}test_an_imported_list_is_taken_as_a_whole_or_not_at_all")),
    Fault("kill -9", "migrations, watch and its jobs", "the old store; slots are given back",
          ("tests/monitor/upgrade/test_upgrade.py::test_a_migration_killed_in_any_step_leaves_the_old_store",
           "tests/monitor/test_watch.py::test_what_a_killed_watch_left_running_is_given_back")),
    Fault("kill -9", "workers of a cluster, its scheduler", "read elsewhere, or here; the same tables",
          (f"{_CLUSTER}test_three_workers_come_to_the_same_in_every_table_though_some_are_killed",
           f"{_CLUSTER}test_a_restarted_scheduler_is_sent_what_was_lost_with_it",
           f"{_CLUSTER}test_where_no_scheduler_answers_this_machine_reads_and_says_so",
           f"{_CLUSTER}test_a_document_that_ends_its_workers_disturbs_no_other")),
    Fault("disk full", "scan: evidence, database", "ends with what to do; goes on with all it had",
          (f"{_RESUME}test_a_full_disk_ends_the_scan_and_loses_nothing",
           "tests/crawler/test_evidence.py::test_a_failing_disk_leaves_no_half_written_file",
           "tests/crawler/test_scan.py::test_evidence_that_cannot_be_written_ends_the_scan_and_is_said")),
    Fault("disk full", "every command that writes, from each act on; files that may not grow",
          "exit 4 says so; the next call comes to the same", (f"{_STRIKES}test_no_file_may_grow",
                                                              "tests/monitor/test_cli.py::test_a_full_disk_is_4_and_says_so")),
    Fault("database locked", "scan, by another program", "ends; goes on later",
          (f"{_RESUME}test_a_database_that_stays_locked_ends_the_scan_and_loses_nothing",)),
    Fault("damage", "random pages of the database; no database at all",
          "found by doctor and backup, said by every command; put back from a copy",
          (f"{_DAMAGE}test_a_damaged_database_is_found_by_all_and_put_back",
           f"{_DAMAGE}test_what_is_no_database_at_all_says_so",
           "tests/monitor/test_backup.py::test_a_damaged_copy_is_refused_and_changes_nothing",
           "tests/monitor/test_backup.py::test_a_damaged_database_is_told_and_older_copies_stay")),
    Fault("damage", "stored reports", "read again from the evidence to the same figures and findings",
          (f"{_DAMAGE}test_reports_that_are_lost_are_read_again_from_the_evidence_to_the_same",)),
    Fault("damage", "evidence: deleted, cut, flipped, exchanged",
          "verify finds every one; nobody is accused; the next scan of the same page mends it",
          (f"{_DAMAGE}test_every_harmed_file_of_evidence_is_found",
           f"{_DAMAGE}test_a_report_whose_evidence_is_lost_keeps_its_figures_and_an_export_names_what_it_lacks",
           f"{_DAMAGE}test_the_next_scan_mends_evidence_where_the_page_is_the_same")),
    Fault("clock", "ran ahead, set back, between runs; jumped within one",
          "lists of the future, or while portals told another time, prove nothing; no slot twice or lost",
          ("tests/monitor/test_wrong_clock.py", "tests/crawler/test_scan.py::test_what_a_portal_s_clock_told_is_kept",
           "tests/monitor/test_schedule.py::test_a_clock_that_had_run_ahead_does_not_block_the_days_after",
           "tests/monitor/test_schedule.py::test_a_clock_set_back_an_hour_repeats_nothing",
           "tests/monitor/test_schedule.py::test_whatever_the_pauses_no_slot_is_run_twice_and_the_newest_never_lost")),
    Fault("network", "no SMTP server, or one that refuses", "mails wait 14 days and go out once",
          ("tests/monitor/alerts/test_outbox.py", "tests/monitor/alerts/test_real_mail_server.py")),
    Fault("network", "no DNS, no answer, resets, cut bodies", "unknown, never missing",
          ("tests/crawler/test_scan.py::test_hosts_that_do_not_answer",
           "tests/crawler/test_outcomes.py::test_failures",
           "tests/crawler/test_anomalies.py::test_connections_that_break")),
    Fault("wire", "a byte a second; headers without end, floods of them; endless bodies; gzip, deflate, br and nested "
                  "bombs; redirects in circles, chains, to other and inner hosts",
          "ends in time and under 700 MB; the portal beside is whole",
          (f"{_WIRE}test_it_is_told_what_was_met", f"{_WIRE}test_the_portal_beside_them_lost_nothing",
           f"{_WIRE}test_it_ends_in_time_and_in_little_memory")),
    Fault("documents", "abort, endless loop, memory, bombs, nesting", "refused with the reason; the others are read",
          (f"{_LIMITS}test_the_reason_is_said_and_the_helper_goes_on",
           f"{_LIMITS}test_hostile_files_end_within_their_limits",
           "tests/monitor/test_reading.py::test_a_damaged_document_keeps_its_problem")),
)


def holds(fault: Fault) -> tuple[bool, str]:
    """Whether all its tests pass, and pytest's last line."""
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "slow or not slow",
                           *fault.tests], cwd=ROOT, capture_output=True, text=True, check=False)
    said = [line for line in done.stdout.splitlines() if " passed" in line or " failed" in line or " error" in line]
    return done.returncode == 0, said[-1].strip("= ") if said else done.stderr.strip()[-200:]


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--list", action="store_true", dest="listing")
    asked.add_argument("--only", default="")
    given = asked.parse_args()
    failed = False
    print("| fault | where | what must come of it | tried | acknowledged work lost |\n|---|---|---|---|---|")
    for fault in TABLE:
        if given.only not in f"{fault.kind} {fault.where} {' '.join(fault.tests)}":
            continue
        good, said = (True, ", ".join(test.split("::")[-1] for test in fault.tests)) if given.listing else holds(fault)
        failed |= not good
        lost = "" if given.listing else "nothing" if good else "SEE ITS TESTS"
        print(f"| {fault.kind} | {fault.where} | {fault.then} | {said} | {lost} |", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
