from .community import OBCCommunity, SettlementType
from .coverage import MunicipalityCoverage, ProvinceCoverage
from .fields import FIGURES

__all__ = ["FIGURES", "MunicipalityCoverage", "OBCCommunity", "ProvinceCoverage", "SettlementType"]
