"""Settings of answers that are kept."""

from pydantic import Field
from pydantic_settings import BaseSettings

from gateway.settings.values import config


class AnswerSettings(BaseSettings):
    """Answers about many rows: counts, boxes, `aggregate` and `groupBy` (`GATEWAY_ANSWERS_*`)."""

    model_config = config("GATEWAY_ANSWERS_")

    bytes: int = Field(
        33_554_432,
        ge=0,
        description="Memory of one worker for such answers, in bytes. One is given out again while its rows are the "
        "same, which is asked of the database each time; 0 keeps none.",
    )
    cost: int = Field(
        500,
        ge=0,
        description="Cost of an operation, in units of 10 microseconds, from which its answers are kept.",
    )
