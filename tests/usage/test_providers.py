import pytest

from ag2obs.usage.providers import provider_id, provider_of, provider_of_model, without_prefix


@pytest.mark.parametrize(
    ("client_class", "api_type", "base_url", "model", "provider"),
    [
        ("OpenAIClient", None, None, "gpt-4o", "openai"),
        ("OpenAIClient", "openai", "https://api.openai.com/v1", "gpt-4o", "openai"),
        ("OpenAIResponsesClient", "responses", None, "o3", "openai"),
        ("OpenAIResponsesV2Client", "responses_v2", None, "o3", "openai"),
        ("OpenAIClient", "azure", "https://acme.openai.azure.com/", "prod", "azure"),
        ("OpenAIClient", None, "https://acme.openai.azure.com/openai/v1/", "prod", "azure"),
        ("AnthropicClient", "anthropic", None, "claude-sonnet-4-5", "anthropic"),
        ("AnthropicV2Client", "anthropic_v2", None, "claude-sonnet-4-5", "anthropic"),
        ("AnthropicClient", "anthropic", None, "us.anthropic.claude-sonnet-4-5-20250929-v1:0", "aws"),
        ("AnthropicClient", "anthropic", None, "claude-sonnet-4-5@20250929", "google"),
        ("BedrockV2Client", "bedrock_v2", None, "x", "aws"),
        ("GeminiClient", "google", None, "gemini-2.5-pro", "google"),
        ("MistralAIClient", "mistral", None, "x", "mistral"),
        ("GroqClient", "groq", None, "x", "groq"),
        ("TogetherClient", "together", None, "x", "together"),
        ("CohereClient", "cohere", None, "x", "cohere"),
        ("CerebrasClient", "cerebras", None, "x", "cerebras"),
        ("OllamaClient", "ollama", None, "gpt-4o", "ollama"),
        ("OpenAIClient", None, "https://openrouter.ai/api/v1", "openai/gpt-4o", "openrouter"),
        ("OpenAIClient", None, "https://api.deepseek.com", "deepseek-chat", "deepseek"),
        ("OpenAIClient", None, "https://API.Groq.com/openai/v1", "llama-3.3-70b-versatile", "groq"),
        (
            "OpenAIClient",
            None,
            "https://generativelanguage.googleapis.com/v1beta/openai/",
            "gemini-2.5-pro",
            "google",
        ),
        ("OpenAIClient", None, "https://bedrock-runtime.us-east-1.amazonaws.com/openai/v1", "x", "aws"),
        # A machine at Amazon may serve anything.
        ("OpenAIClient", None, "http://ec2-1-2-3-4.compute.amazonaws.com:8000/v1", "llama3", None),
        # A host is compared by whole labels.
        ("OpenAIClient", None, "https://notapi.openai.com.example.org/v1", "llama3", None),
        # Proxies: the model's name decides, where one provider alone can serve it.
        ("OpenAIClient", None, "http://127.0.0.1:8080/v1", "gpt-4o-mini", "openai"),
        ("OpenAIClient", None, "https://llm.example.org/v1", "openai/gpt-4o", "openai"),
        ("OpenAIClient", None, "https://llm.example.org/v1", "ft:gpt-4o-mini-2024-07-18:acme::1", "openai"),
        ("OpenAIClient", None, "https://llm.example.org/v1", "azure/prod-gpt", "azure"),
        ("OpenAIClient", None, "http://localhost:4000", "claude-sonnet-4-5", "anthropic"),
        ("OpenAIClient", None, "http://localhost:4000", "gemini/gemini-2.5-pro", "google"),
        ("OpenAIClient", None, "http://localhost:1234/v1", "llama3", None),
        ("OpenAIClient", None, "http://localhost:1234/v1", "gpt-oss-20b", None),
        ("OpenAIClient", None, "http://localhost:1234/v1", "openai/gpt-oss-20b", None),
        ("OpenAIClient", None, "http://localhost:1234/v1", "google/gemma-3-12b", None),
        ("OpenAIClient", None, "http://localhost:1234/v1", "mistral-small", None),
        ("OpenAIClient", None, "http://localhost:11434/v1", "llama3", "ollama"),
        ("OpenAIClient", None, "localhost:11434", "llama3", "ollama"),
        ("OpenAIClient", None, "http://[broken", "llama3", None),
        ("MyClient", None, None, "gpt-4o", "openai"),
        ("MyClient", None, None, "my-model", None),
        ("MyClient", None, None, None, None),
    ],
)
def test_provider(
    client_class: str, api_type: str | None, base_url: str | None, model: str | None, provider: str | None
):
    assert provider_of(client_class=client_class, api_type=api_type, base_url=base_url, model=model) == provider


@pytest.mark.parametrize("name", ["o1", "o3-mini", "o4-mini", "gpt-3.5-turbo", "GPT-4.1", "chatgpt-4o-latest", "gpt-5"])
def test_names_of_openai(name: str):
    assert provider_of_model(name) == "openai"


@pytest.mark.parametrize(
    "name", ["o1ive", "gpt2", "gpt-j", "gpt-neox", "gpt-oss-120b", "deepseek-r1", "grok-1", "command-r"]
)
def test_names_that_anyone_can_serve(name: str):
    assert provider_of_model(name) is None


@pytest.mark.parametrize(
    ("spelled", "provider"),
    [
        ("aws.bedrock", "aws"),
        ("bedrock", "aws"),
        ("gcp.vertex_ai", "google"),
        ("OpenAI", "openai"),
        ("acme", "acme"),
    ],
)
def test_other_spellings(spelled: str, provider: str):
    assert provider_id(spelled) == provider


def test_prefixes_are_taken_off_only_where_they_name_a_provider():
    assert without_prefix("openai/gpt-4o") == "gpt-4o"
    assert without_prefix("models/gemini-2.5-pro") == "gemini-2.5-pro"
    assert without_prefix("meta-llama/Llama-3-8b") == "meta-llama/Llama-3-8b"
