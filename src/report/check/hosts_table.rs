//! What the hosts of the web were asked, as a table for people: the busiest first.

use std::fmt::Write as _;

use super::CheckReport;
use crate::pod::text::one_line;
use crate::pod::traffic::HostTraffic;
use crate::report::ReportAudience;

/// A page of them; the JSON has all.
const MAX_HOSTS: usize = 30;

/// The table, or nothing where no host was asked.
pub fn render_hosts<A: ReportAudience>(report: &CheckReport<'_, A>) -> String {
    render_table(&report.host_traffic)
}

fn render_table(hosts: &[HostTraffic]) -> String {
    if hosts.is_empty() {
        return String::new();
    }
    let mut busiest: Vec<&HostTraffic> = hosts.iter().collect();
    busiest.sort_by(|a, b| b.requests.cmp(&a.requests).then_with(|| a.host.cmp(&b.host)));
    let left = busiest.split_off(busiest.len().min(MAX_HOSTS));
    let names: Vec<String> = busiest.iter().map(|host| one_line(host.host.as_str())).collect();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0).max("host".len());
    let mut out = format!(
        "{:width$} {:>8} {:>7} {:>8} {:>9} {:>9}\n",
        "host", "requests", "retries", "failures", "held", "slowest"
    );
    for (name, host) in names.iter().zip(&busiest) {
        let time = |millis: Option<u64>| millis.map_or_else(|| "-".to_owned(), |millis| format!("{millis} ms"));
        writeln!(
            out,
            "{name:width$} {:>8} {:>7} {:>8} {:>9} {:>9}",
            host.requests,
            host.retries,
            host.failures,
            format!("{} s", host.held_ms.div_ceil(1_000)),
            time(host.slowest_ms)
        )
        .unwrap_or_default();
    }
    if !left.is_empty() {
        writeln!(out, "… and {} more; --format json has them all", left.len()).unwrap_or_default();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_busiest_host_comes_first_and_what_is_left_out_is_said() {
        let host = |n: u64| HostTraffic {
            host: format!("host{n}.example"),
            requests: n,
            retries: 1,
            failures: 0,
            held_ms: 1_001,
            slowest_ms: (n > 1).then_some(20_000),
        };
        let all: Vec<HostTraffic> = (1..=32).map(host).collect();
        let text = render_table(&all);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "host           requests retries failures      held   slowest");
        assert_eq!(lines[1], "host32.example       32       1        0       2 s  20000 ms");
        assert_eq!((lines.len(), lines[31]), (32, "… and 2 more; --format json has them all"));
        assert!(render_table(&all[..1]).ends_with("       2 s         -\n"));
        assert_eq!(render_table(&[]), "");
    }
}
