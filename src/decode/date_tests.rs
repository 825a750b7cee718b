//! Tests of dates: a table of forms, and every form of every date read back.

use super::*;
use proptest::prelude::*;

fn iso(text: &str, order: Option<DateOrder>) -> Option<String> {
    parse_date(text, order).map(|date| date.to_string())
}

#[test]
fn dates_are_read_in_many_forms() {
    let christmas = [
        "25/12/2018",
        "2018-12-25",
        "25 DEC 2018",
        "Dec 25, 2018",
        "25.12.18",
        "25.12.2018",
        "25. Dezember 2018",
        "25 décembre 2018",
        "12/25/2018",
        "25-Dec-18",
        "25-12-18",
        "25/12/18",
        "25 de diciembre de 2018",
        "25 dicembre 2018",
        "25 de dezembro de 2018",
        "December 25th 2018",
        "25th of December, 2018",
        "the 25th day of December 2018",
        "25 grudnia 2018",
        "25. prosince 2018",
        "2018. december 25.",
        "25 Aralık 2018",
        "den 25 december 2018",
        "2018. gada 25. decembris",
        "2018 m. gruodžio 25 d.",
        "25 d'desembre de 2018",
        "ngày 25 tháng 12 năm 2018",
        "25 Disember 2018",
        "25DEC2018",
        "DEC25,2018",
        "2018/12/25",
        "2018.12.25",
        "2018. 12. 25.",
        "25. 12. 2018",
        "25 12 2018",
        "20181225",
        "25122018",
        "25.XII.2018",
        "25 XII 2018",
        "25/12-2018",
        "25/12 2018",
        "2018年12月25日",
        "(25/12/2018)",
        "Date: 25/12/2018",
        "DATE:25/12/2018 10:30 AM",
        "Tue 25/12/2018",
        "Di, 25.12.2018",
        "25/12/201810:30",
        "25/12/1810:30",
        "25/12/2018T10:30:00",
        "2018-12-25T10:30:00Z",
        "10:30:25 25/12/2018",
        "25/Dec/2018:10:30:25",
        "25/12/18 10:30",
        "Dec 25 '18",
        "25 /12/ 2018",
        "25 / 12 / 2018",
        "Invoice 4711 of 25.12.2018",
        "2018-Dec-25",
        "25/12/2018 - 31/12/2018",
        "12/25/18",
        "25\\12\\2018",
        "25–12–2018",
        "25.12,2018",
    ];
    for text in christmas {
        assert_eq!(iso(text, None).as_deref(), Some("2018-12-25"), "{text}");
    }
}

#[test]
fn the_order_settles_what_figures_leave_open() {
    use DateOrder::{DayMonthYear, MonthDayYear, YearMonthDay};
    let cases = [
        ("03/04/2018", None, "2018-04-03"),
        ("03/04/2018", Some(DayMonthYear), "2018-04-03"),
        ("03/04/2018", Some(MonthDayYear), "2018-03-04"),
        ("03-04-18", Some(MonthDayYear), "2018-03-04"),
        // Dots mean day first whatever the rest of the page does.
        ("03.04.2018", Some(MonthDayYear), "2018-04-03"),
        ("18-04-03", Some(YearMonthDay), "2018-04-03"),
        ("18/12/31", None, "2018-12-31"),
        ("98/12/25", None, "1998-12-25"),
        // A year in front is likelier than one long past.
        ("25/11/03", None, "2025-11-03"),
        ("23/07/12", None, "2012-07-23"),
        ("23/07/12", Some(MonthDayYear), "2023-07-12"),
        ("25/12/18", Some(MonthDayYear), "2018-12-25"),
        ("23/07/12", Some(DayMonthYear), "2012-07-23"),
        // Evidence in the figures themselves is stronger than the hint.
        ("25/12/2018", Some(MonthDayYear), "2018-12-25"),
        ("12/25/2018", Some(DayMonthYear), "2018-12-25"),
        ("03042018", Some(MonthDayYear), "2018-03-04"),
        ("030418", None, "2018-04-03"),
        ("180403", Some(YearMonthDay), "2018-04-03"),
        ("5/4/98", None, "1998-04-05"),
    ];
    for (text, order, expected) in cases {
        assert_eq!(iso(text, order).as_deref(), Some(expected), "{text} {order:?}");
    }
}

#[test]
fn misread_characters_are_mended() {
    let cases = [
        "25/12/2O18",
        "2S/l2/2018",
        "25/I2/2O18",
        "Z5/12/20I8",
        "25-DEC-2O18",
        "25 DEC 20l8",
        "2O18-12-25",
    ];
    for text in cases {
        assert_eq!(iso(text, None).as_deref(), Some("2018-12-25"), "{text}");
    }
    for (text, expected) in [
        ("05 0CT 2018", "2018-10-05"),
        ("05 5EP 2018", "2018-09-05"),
        ("O5-N0V-18", "2018-11-05"),
        ("05 JU1 2018", "2018-07-05"),
        ("21710/2017", "2017-10-21"),
        ("21110/2017 10:30", "2017-10-21"),
        ("21/1072017", "2017-10-21"),
        ("I/S/2018", "2018-05-01"),
        ("3O/o6/2018", "2018-06-30"),
    ] {
        assert_eq!(iso(text, None).as_deref(), Some(expected), "{text}");
    }
}

#[test]
fn what_is_no_date_gives_none() {
    let cases = [
        "",
        "total",
        "23.60",
        "1.234.567",
        "31/02/2018",
        "32/13/2018",
        "10:30:25",
        "12 345 678",
        "December 2018",
        "03-2018",
        "1-800-555-1234",
        "25/12",
        "99999999",
        "RM 23.60 5",
        "45/45/45",
        "192.168.1.1",
        "May 25",
        "21610/2017",
        "99710/2017",
        "12345678901234567890",
        "25:12:2018",
    ];
    for text in cases {
        assert_eq!(iso(text, None), None, "{text}");
    }
}

#[test]
fn telling_dates_are_evidence_for_the_order() {
    use DateOrder::{DayMonthYear, MonthDayYear, YearMonthDay};
    let cases: [(&str, &[DateOrder]); 14] = [
        ("due 25/12/2018", &[DayMonthYear]),
        ("12/25/18 and 04/20/18", &[MonthDayYear, MonthDayYear]),
        ("03/04/2018", &[]),
        ("2018-12-25", &[]),
        ("98-12-25", &[YearMonthDay]),
        ("LOT 43-45-47", &[]),
        ("11.14.00", &[]),
        ("01.09.1990-01.07.1994", &[]),
        ("2016 3 0.70", &[]),
        ("18-12-25", &[]),
        ("25 Dec 2018", &[]),
        ("23/07/12", &[]),
        ("25/12/18", &[DayMonthYear]),
        ("23.07.12", &[DayMonthYear]),
    ];
    for (text, expected) in cases {
        assert_eq!(order_evidence(text), expected, "{text}");
    }
}

proptest! {
    #[test]
    fn every_form_of_a_date_is_read_back(
        year in 1950i32..2050,
        month in 1u32..=12,
        day in 1u32..=31,
        form in 0usize..14,
        caption in prop::sample::select(vec!["", "Date: ", "DATUM ", "No 7 Date "]),
        time in prop::sample::select(vec!["", " 10:30", " 9:05:11 PM", "T23:59"]),
    ) {
        prop_assume!(NaiveDate::from_ymd_opt(year, month, day).is_some());
        const ENGLISH: [&str; 12] = ["January", "February", "March", "April", "May", "June", "July",
            "August", "September", "October", "November", "December"];
        const GERMAN: [&str; 12] = ["Januar", "Februar", "März", "April", "Mai", "Juni", "Juli",
            "August", "September", "Oktober", "November", "Dezember"];
        const SPANISH: [&str; 12] = ["enero", "febrero", "marzo", "abril", "mayo", "junio", "julio",
            "agosto", "septiembre", "octubre", "noviembre", "diciembre"];
        const POLISH: [&str; 12] = ["stycznia", "lutego", "marca", "kwietnia", "maja", "czerwca",
            "lipca", "sierpnia", "września", "października", "listopada", "grudnia"];
        let m = month as usize - 1;
        let (text, order) = match form {
            0 => (format!("{day:02}/{month:02}/{year}"), Some(DateOrder::DayMonthYear)),
            1 => (format!("{month}/{day}/{year}"), Some(DateOrder::MonthDayYear)),
            2 => (format!("{year}-{month:02}-{day:02}"), None),
            3 => (format!("{day}.{month}.{year}"), None),
            4 => (format!("{day:02}.{month:02}.{:02}", year % 100), Some(DateOrder::DayMonthYear)),
            5 => (format!("{day} {} {year}", ENGLISH[m]), None),
            6 => (format!("{} {day}, {year}", &ENGLISH[m][..3]), None),
            7 => (format!("{day}. {} {year}", GERMAN[m]), None),
            8 => (format!("{day} de {} de {year}", SPANISH[m]), None),
            9 => (format!("{day} {} {year}", POLISH[m]), None),
            10 => (format!("{:02}{}{year}", day, ENGLISH[m][..3].to_uppercase()), None),
            11 => (format!("{year}{month:02}{day:02}"), None),
            12 => (format!("{year}. {month}. {day}."), None),
            _ => (format!("{day} {} {year}", ENGLISH[m].to_uppercase()), None),
        };
        // Years of two digits above 2030 are read from the left where that gives a date.
        prop_assume!(form != 4 || year <= 2030);
        let text = format!("{caption}{text}{time}");
        let expected = format!("{year}-{month:02}-{day:02}");
        prop_assert_eq!(iso(&text, order), Some(expected), "{}", text);
    }

    #[test]
    fn any_text_is_read_without_panic(text in "\\PC{0,40}") {
        parse_date(&text, None);
        parse_date(&text, Some(DateOrder::YearMonthDay));
        order_evidence(&text);
    }

    #[test]
    fn digits_and_separators_give_valid_dates_or_none(text in "[0-9OlIS/.:年 -]{0,20}") {
        if let Some(date) = parse_date(&text, None) {
            prop_assert!((1900..2100).contains(&date.year()), "{} {}", text, date);
        }
    }
}
