"""ANDs of a feature with others, in pools of units that the feature opens."""
