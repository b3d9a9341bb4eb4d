"""Tiny models of the real architectures: configurations and processors as the published checkpoints have them.

Sizes are ours: weights of about 1.5 MB in bfloat16, which learn in minutes on a CPU. What bears on how many tokens
media are (patches, limits of pixels, frames of the spectrogram) is as in the real models.
"""

from __future__ import annotations

from typing import Any

from transformers import (
    Qwen2TokenizerFast,
    Qwen2VLImageProcessor,
    Qwen2VLVideoProcessor,
    Qwen3OmniMoeConfig,
    Qwen3OmniMoeProcessor,
    WhisperFeatureExtractor,
)

from tests.support.taught.tokens import AUDIO, END, IMAGE, MARK, VIDEO
from workers.engines.vllm.align import STEP_MS

HIDDEN = 96
"""Width of the language models, and of what encoders give them."""

LAYERS = 3

TIMES = 512
"""Steps of the aligner's clock: 41 s, more than a chunk."""

CONTEXT = 32_768

_SPREAD = 0.1
"""``initializer_range``: about one over the square root of the width, where 0.02 learns slowly."""

_SIDE_PX = 256
"""Side of the picture that position embeddings are made for; for others they are interpolated."""

_PATCH_PX = 32 * 32
"""Pixels behind one token of a picture."""

_PICTURES: dict[str, Any] = {
    "patch_size": 16,
    "temporal_patch_size": 2,
    "merge_size": 2,
    "size": {"shortest_edge": 128 * _PATCH_PX, "longest_edge": 768 * _PATCH_PX},
    "image_mean": [0.5] * 3,
    "image_std": [0.5] * 3,
}
"""The real limits: 128 to 768 tokens for a patch in time."""

_ROPE = {"rope_type": "default", "rope_theta": 1e6, "mrope_section": [6, 5, 5], "mrope_interleaved": True}


def feature_extractor() -> WhisperFeatureExtractor:
    """Log-mel spectrograms as all three models take them."""
    return WhisperFeatureExtractor(
        feature_size=128,
        sampling_rate=16_000,
        hop_length=160,
        chunk_length=30,
        n_fft=400,
        return_attention_mask=True,
        padding_side="right",
    )


def video_processor() -> Qwen2VLVideoProcessor:
    """What makes patches of pictures."""
    return Qwen2VLVideoProcessor(**_PICTURES)


def thinker_processor(tokenizer: Qwen2TokenizerFast) -> Qwen3OmniMoeProcessor:
    """The Thinker's processor."""
    return Qwen3OmniMoeProcessor(
        image_processor=Qwen2VLImageProcessor(**_PICTURES),
        video_processor=video_processor(),
        feature_extractor=feature_extractor(),
        tokenizer=tokenizer,
    )


def ear_config() -> dict[str, Any]:
    """The audio encoder, the same in all three, so that what one has learnt to hear the others need not learn."""
    return {
        "num_mel_bins": 128,
        "encoder_layers": 2,
        "encoder_attention_heads": 2,
        "encoder_ffn_dim": 128,
        "d_model": 64,
        "output_dim": HIDDEN,
        "downsample_hidden_size": 16,
        "n_window": 50,
        "n_window_infer": 800,
        "conv_chunksize": 500,
        "max_source_positions": 1_500,
        "initializer_range": _SPREAD,
    }


def eye_config() -> dict[str, Any]:
    """The vision encoder."""
    return {
        "depth": 2,
        "hidden_size": 48,
        "intermediate_size": 96,
        "num_heads": 2,
        "patch_size": 16,
        "spatial_merge_size": 2,
        "temporal_patch_size": 2,
        "out_hidden_size": HIDDEN,
        "num_position_embeddings": (_SIDE_PX // 16) ** 2,
        "image_size": _SIDE_PX,  # vLLM counts position embeddings by it, transformers by their number
        "apply_vit_abs_pos_embed": True,
        "deepstack_visual_indexes": [0],
        "initializer_range": _SPREAD,
    }


def text_config(tokenizer: Qwen2TokenizerFast) -> dict[str, Any]:
    """The language model of Qwen3-ASR and of the aligner."""
    return {
        "tie_word_embeddings": False,
        "vocab_size": len(tokenizer),
        "hidden_size": HIDDEN,
        "intermediate_size": 2 * HIDDEN,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 32,
        "max_position_embeddings": CONTEXT,
        "rope_theta": _ROPE["rope_theta"],
        "rope_parameters": {**_ROPE, "interleaved": True},
        "initializer_range": _SPREAD,
    }


def hearer_config(tokenizer: Qwen2TokenizerFast, *, times: int | None) -> dict[str, Any]:
    """``config.json`` of Qwen3-ASR, or of the aligner, which has a class for each of ``times`` steps."""
    token = tokenizer.convert_tokens_to_ids
    thinker: dict[str, Any] = {
        "model_type": "qwen3_asr" if times is None else "qwen3_forced_aligner",
        "audio_config": ear_config(),
        "text_config": text_config(tokenizer),
        "audio_token_id": token(AUDIO),
        "audio_start_token_id": token("<|audio_start|>"),
        "audio_end_token_id": token("<|audio_end|>"),
        "user_token_id": token("user"),
    }
    config: dict[str, Any] = {
        "architectures": ["Qwen3ASRForConditionalGeneration"],
        "model_type": "qwen3_asr",
        "dtype": "float32",
        "support_languages": ["English"],
        "thinker_config": thinker,
    }
    if times is not None:
        thinker["classify_num"] = times
        config |= {"timestamp_token_id": token(MARK), "timestamp_segment_time": STEP_MS}
    return config


def thinker_config(tokenizer: Qwen2TokenizerFast) -> Qwen3OmniMoeConfig:
    """Qwen3-Omni's Thinker without a Talker."""
    token = tokenizer.convert_tokens_to_ids
    experts = {
        "moe_intermediate_size": 48,
        "num_experts": 4,
        "num_experts_per_tok": 2,
        "norm_topk_prob": True,
        "decoder_sparse_step": 1,
    }
    return Qwen3OmniMoeConfig(
        thinker_config={
            "audio_config": ear_config(),
            "vision_config": eye_config(),
            "text_config": text_config(tokenizer) | experts,
            "initializer_range": _SPREAD,
            "audio_token_id": token(AUDIO),
            "image_token_id": token(IMAGE),
            "video_token_id": token(VIDEO),
            "audio_start_token_id": token("<|audio_start|>"),
            "audio_end_token_id": token("<|audio_end|>"),
            "vision_start_token_id": token("<|vision_start|>"),
            "vision_end_token_id": token("<|vision_end|>"),
            "user_token_id": token("user"),
            "position_id_per_seconds": 13,
            "seconds_per_chunk": 2,
        },
        enable_audio_output=False,
        im_start_token_id=token("<|im_start|>"),
        im_end_token_id=token(END),
        architectures=["Qwen3OmniMoeForConditionalGeneration"],
        dtype="float32",
    )
