# ruff: noqa: E501, ISC004 - texts of the wire, as long as they are
"""Invented wire copy that comes again: edited, cut, from others, and in the same form with other figures."""

HEADLINE = "Ferry with 212 aboard runs aground off Port Ellery"

PARAGRAPHS = (
    "A passenger ferry carrying 212 people ran aground off Port Ellery early on Tuesday after its steering "
    "failed in heavy fog, the harbour authority said.",
    "No one was seriously hurt when the Maid of Corran struck the Harrow sandbank at about 4:40 a.m., "
    "Harbour Master Ines Calloway told reporters. Three passengers were treated for bruises.",
    "Lifeboats from Port Ellery and Saint Brannoc took all passengers ashore within three hours. The vessel, "
    "built in 1994, remained upright and was not leaking fuel, the coast guard said.",
    "The operator, Corran Lines, said the ferry had passed an inspection in March and that it was working "
    "with investigators to find out why both steering pumps stopped within minutes of each other.",
    "Services between Port Ellery and the outer islands were suspended until Thursday, leaving about 900 "
    "residents of Little Corran without their only regular link to the mainland.",
    "The accident is the second on the route this year. In January a freighter lost 14 containers near the "
    "same sandbank, and the transport ministry promised to move the shipping lane by the end of May.",
)

OTHER_SENTENCES = (
    "Opposition lawmakers called for an independent inquiry and asked why the older of the two vessels had "
    "been kept in winter service.",
    "Weather forecasters expect the fog to lift by Wednesday afternoon as a front arrives from the west.",
)

ALERT = (
    "A passenger ferry carrying 212 people ran aground off Port Ellery early on Tuesday, the authority said."
)

RATES = (
    "The Central Bank of Norland left its overnight lending rate unchanged at {rate} percent on {day}, in line "
    "with the forecasts of analysts, and set the discount rate at {discount} percent.\n\n"
    "The bank said in a statement after its regular meeting that inflation stood at {inflation} percent in "
    "{month}, compared with a target of two percent, and that it would act if needed.\n\n"
    "The crown traded at {crown} to the dollar after the decision, compared with {before} before it."
)

EARNINGS = (
    "{name} said its net profit rose to {profit} million crowns in the {quarter} quarter from {last} million "
    "a year earlier, as sales climbed {sales} percent to {total} million.\n\n"
    "Earnings per share were {share} crowns. The company, based in {city}, said it expected sales to grow by "
    "between {low} and {high} percent in the full year."
)


def story(*paragraphs: str) -> str:
    """Join paragraphs; without any, the whole story of the ferry."""
    return "\n\n".join(paragraphs or PARAGRAPHS)


def rates(**figures: str) -> str:
    """Write the central bank's notice of one month."""
    return RATES.format(
        **{
            "rate": "4.25",
            "day": "Tuesday",
            "discount": "4.75",
            "inflation": "3.1",
            "month": "February",
            "crown": "9.41",
            "before": "9.38",
            **figures,
        }
    )


def earnings(**figures: str) -> str:
    """Write a company's results."""
    return EARNINGS.format(
        **{
            "name": "Harrow Mills",
            "profit": "31.2",
            "quarter": "first",
            "last": "28.9",
            "sales": "6.4",
            "total": "412",
            "share": "1.12",
            "city": "Port Ellery",
            "low": "four",
            "high": "six",
            **figures,
        }
    )
